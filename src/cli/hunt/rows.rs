//! The rows of a result, in the format that was asked for.

use std::io::{self, IsTerminal, Write};

use anyhow::Result;

use super::Failure;
use crate::api::hunting::{Answer, Cell, ResultColumn};
use crate::cli::terminal::{self, Terminal};
use crate::output::{Column, Format, Records, Sink, Width, one_line};

/// So many rows tell how wide a table's columns have to be.
const SAMPLE: usize = 100;
const WIDEST: usize = 60;
/// Below this a cell says nothing.
const NARROWEST: usize = 12;
/// No terminal has room for more columns.
const MOST_COLUMNS: usize = 100;

pub(super) fn write(
    answer: &Answer,
    format: Format,
    raw: bool,
    terminal: Terminal,
    out: impl Write,
) -> Result<()> {
    match format {
        Format::Csv => records(answer, Records::new(out, raw)),
        Format::Table => table(answer, terminal, out),
        Format::Json | Format::Ndjson => {
            let mut sink = Sink::new(format, &[], 0, out);
            for row in answer.rows() {
                sink.push(row, |_| String::new())?;
            }
            Ok(sink.finish()?)
        }
    }
}

fn records<W: Write>(answer: &Answer, mut records: Records<W>) -> Result<()> {
    let to_terminal = io::stdout().is_terminal();
    for column in &answer.columns {
        records.text(&column.name)?;
    }
    records.end()?;
    let mut cells = Vec::new();
    for row in answer.rows() {
        answer.read(row, &mut cells).map_err(|_| Failure::NotARow)?;
        for cell in &cells {
            match cell {
                Cell::Text(text) if to_terminal => records.text(&one_line(text))?,
                Cell::Text(text) => records.text(text)?,
                Cell::Json(json) => records.value(json)?,
                Cell::Empty => records.value("")?,
            }
        }
        records.end()?;
    }
    Ok(records.finish()?)
}

fn table(answer: &Answer, terminal: Terminal, out: impl Write) -> Result<()> {
    let columns = columns(answer)?;
    let mut sink = Sink::new(Format::Table, &columns, terminal::width(), out);
    let shown = sink.columns_shown();
    let mut cells = Vec::new();
    for row in answer.rows() {
        answer.read(row, &mut cells).map_err(|_| Failure::NotARow)?;
        sink.push(row, |name| {
            let position = answer.columns.iter().position(|column| column.name == name);
            position.map(|position| cells[position].text().to_owned()).unwrap_or_default()
        })?;
    }
    sink.finish()?;
    if shown < answer.columns.len() {
        terminal.note(&format!(
            "the terminal has room for {shown} of {} columns; -o csv and -o json have all",
            answer.columns.len()
        ));
    }
    Ok(())
}

/// As wide as the first rows need them. Where there is no room for all, the last ones go first.
fn columns(answer: &Answer) -> Result<Vec<Column<'_>>> {
    let mut widths: Vec<usize> = answer.columns.iter().map(|column| width_of(&column.name)).collect();
    let mut cells = Vec::new();
    for row in answer.rows().take(SAMPLE) {
        answer.read(row, &mut cells).map_err(|_| Failure::NotARow)?;
        for (width, cell) in widths.iter_mut().zip(&cells) {
            *width = (*width).max(width_of(cell.text()));
        }
    }
    let laid_out = answer.columns.iter().zip(widths).take(MOST_COLUMNS).enumerate();
    Ok(laid_out.map(|(index, (column, width))| laid_out_as(column, width, index)).collect())
}

fn laid_out_as(column: &ResultColumn, width: usize, index: usize) -> Column<'_> {
    let most = width.min(WIDEST);
    let cells = |cells| u16::try_from(cells).unwrap_or(u16::MAX);
    Column {
        name: &column.name,
        width: Some(Width::Cells(cells(most.min(NARROWEST)), cells(most))),
        expendable: u8::try_from(index).unwrap_or(u8::MAX),
    }
}

/// A bound on the cells that a text takes; what is longer than the widest column is not counted to its end.
fn width_of(text: &str) -> usize {
    text.chars().take(WIDEST).map(|character| if character.is_ascii() { 1 } else { 2 }).sum()
}
