//! The rows of a result, in the format that was asked for.

use std::borrow::Cow;
use std::cell::Cell as Position;
use std::io::{self, IsTerminal, Write};

use anyhow::Result;

use super::Failure;
use crate::api::hunting::{Answer, Cell, ResultColumn};
use crate::cli::shaper::Shaper;
use crate::cli::terminal::{self, Terminal};
use crate::output::{Column, Format, Records, Sink, Width, one_line};

/// So many rows tell how wide a table's columns have to be.
const SAMPLE: usize = 100;
const WIDEST: usize = 60;
/// Below this a cell says nothing.
const NARROWEST: usize = 12;
/// No terminal has room for more columns.
const MOST_COLUMNS: usize = 100;
/// So many names that the schema does not have tell what they are about.
const MOST_NAMES: usize = 3;

/// Writes answers with the same columns, as one.
pub(super) struct Rows<'a, W: Write> {
    way: Way<'a, W>,
    columns: &'a [ResultColumn],
    terminal: Terminal,
    left_out: LeftOut,
    /// Whether rows spell their names as the schema does, whatever the service does.
    pub(super) respells: bool,
}

enum Way<'a, W: Write> {
    /// As they are.
    Json(Sink<'a, W>),
    Csv(Records<W>),
    Table(Sink<'a, W>),
}

impl<'a, W: Write> Rows<'a, W> {
    /// Rows into `out`; for a table, `laid_out` are the columns by [`laid_out`], and `columns` are those of the answers.
    pub(super) fn new(
        format: Format,
        raw: bool,
        (columns, laid_out): (&'a [ResultColumn], &'a [Column<'a>]),
        terminal: Terminal,
        out: W,
    ) -> Result<Self> {
        let way = match format {
            Format::Csv => Way::Csv(header(Records::new(out, raw), columns)?),
            Format::Table => {
                let sink = Sink::new(Format::Table, laid_out, terminal::width(), out);
                Way::Table(sink.with_names_as_they_are())
            }
            Format::Json | Format::Ndjson => Way::Json(Sink::new(format, &[], 0, out)),
        };
        Ok(Self { way, columns, terminal, left_out: LeftOut::default(), respells: false })
    }

    /// Writes the rows of an answer.
    pub(super) fn push(&mut self, answer: &Answer) -> Result<()> {
        let has_name = |(is, was): (&ResultColumn, &ResultColumn)| is.name == was.name;
        let is_alike = answer.columns.len() == self.columns.len();
        if !is_alike || !answer.columns.iter().zip(self.columns).all(has_name) {
            return Err(Failure::OtherColumns.into());
        }
        match &mut self.way {
            Way::Json(sink) => {
                for row in answer.rows() {
                    if !row.starts_with('{') {
                        return Err(Failure::NotARow.into());
                    }
                    if self.respells {
                        let row = answer.respelled(row).map_err(|_| Failure::NotARow)?;
                        sink.push(&row, |_| String::new())?;
                    } else {
                        sink.push(row, |_| String::new())?;
                    }
                }
                Ok(sink.flush()?)
            }
            Way::Csv(records) => write_records(answer, records, &mut self.left_out),
            Way::Table(sink) => write_table(answer, sink, &mut self.left_out),
        }
    }

    /// Ends the result.
    pub(super) fn finish(self) -> Result<()> {
        match self.way {
            Way::Json(sink) => sink.finish()?,
            Way::Csv(mut records) => records.flush()?,
            Way::Table(sink) => {
                let (shown, has_rows) = (sink.columns_shown(), sink.has_items());
                sink.finish()?;
                if has_rows && shown < self.columns.len() {
                    self.terminal.note(&format!(
                        "the terminal has room for {shown} of {} columns; -o csv and -o json have all",
                        self.columns.len()
                    ));
                }
            }
        }
        if let Some(names) = self.left_out.names() {
            self.terminal.warn(&format!(
                "rows have values under names that the schema does not have: {names}; -o json has them"
            ));
        }
        Ok(())
    }
}

/// The first names in rows that the schema does not have.
#[derive(Default)]
struct LeftOut {
    names: Vec<String>,
    has_others: bool,
}

impl LeftOut {
    fn add(&mut self, names: &[Cow<'_, str>]) {
        for name in names {
            if self.has_others {
                return;
            }
            let name = one_line(&name.chars().take(WIDEST).collect::<String>());
            match self.names.len() {
                _ if self.names.contains(&name) => {}
                MOST_NAMES.. => self.has_others = true,
                _ => self.names.push(name),
            }
        }
    }

    fn names(&self) -> Option<String> {
        let others = if self.has_others { " and others" } else { "" };
        (!self.names.is_empty()).then(|| self.names.join(", ") + others)
    }
}

/// Writes all that the service has answered, as it is or through `shaper`.
pub(super) fn write_envelope(answer: &Answer, shaper: Option<Shaper>, mut out: impl Write) -> Result<()> {
    match shaper {
        None => out.write_all(answer.whole().as_bytes())?,
        Some(mut shaper) => {
            let body = answer.whole_respelled().map_err(|_| Failure::NotARow)?;
            out.write_all(shaper.hunting(&body)?.as_bytes())?;
        }
    }
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

fn header<W: Write>(mut records: Records<W>, columns: &[ResultColumn]) -> Result<Records<W>> {
    for column in columns {
        records.text(&column.name);
    }
    records.end()?;
    Ok(records)
}

fn write_records(answer: &Answer, records: &mut Records<impl Write>, left_out: &mut LeftOut) -> Result<()> {
    let to_terminal = io::stdout().is_terminal();
    let mut cells = Vec::new();
    for row in answer.rows() {
        left_out.add(&answer.read(row, &mut cells).map_err(|_| Failure::NotARow)?);
        for cell in &cells {
            match cell {
                Cell::Text(written) if records.written(written) => {}
                Cell::Text(_) if to_terminal => records.text(&one_line(&cell.text())),
                Cell::Text(_) => records.text(&cell.text()),
                Cell::Json(json) => records.value(json),
                Cell::Empty => records.value(""),
            }
        }
        records.end()?;
    }
    Ok(records.flush()?)
}

fn write_table(answer: &Answer, sink: &mut Sink<'_, impl Write>, left_out: &mut LeftOut) -> Result<()> {
    let mut cells = Vec::new();
    for row in answer.rows() {
        left_out.add(&answer.read(row, &mut cells).map_err(|_| Failure::NotARow)?);
        // Names are asked for in the order of the columns, of which two may have the same.
        let next = Position::new(0);
        sink.push(row, |name| {
            let mut ahead = answer.columns.iter().enumerate().skip(next.get());
            let found = ahead.find(|(_, column)| column.name == name);
            found.map_or_else(String::new, |(position, _)| {
                next.set(position + 1);
                cells[position].text().into_owned()
            })
        })?;
    }
    Ok(sink.flush()?)
}

/// As wide as the first rows need them. Where there is no room for all, the last ones go first.
pub(super) fn laid_out<'a>(columns: &'a [ResultColumn], answer: &Answer) -> Result<Vec<Column<'a>>> {
    let mut widths: Vec<usize> = columns.iter().map(|column| width_of(&column.name)).collect();
    let mut cells = Vec::new();
    for row in answer.rows().take(SAMPLE) {
        answer.read(row, &mut cells).map_err(|_| Failure::NotARow)?;
        for (width, cell) in widths.iter_mut().zip(&cells) {
            *width = (*width).max(width_of(&cell.text()));
        }
    }
    let laid_out = columns.iter().zip(widths).take(MOST_COLUMNS).enumerate();
    Ok(laid_out.map(|(index, (column, width))| laid_out_as(column, width, index)).collect())
}

fn laid_out_as(column: &ResultColumn, width: usize, index: usize) -> Column<'_> {
    let most = width.min(WIDEST);
    // Half a time says something else.
    let is_time = column.kind.eq_ignore_ascii_case("datetime");
    let least = most.min(if is_time { terminal::width().into() } else { NARROWEST });
    let cells = |cells| u16::try_from(cells).unwrap_or(u16::MAX);
    Column {
        name: &column.name,
        width: Some(Width::Cells(cells(least), cells(most))),
        expendable: u8::try_from(index).unwrap_or(u8::MAX),
    }
}

/// A bound on the cells that a text takes; what is longer than the widest column is not counted to its end.
fn width_of(text: &str) -> usize {
    text.chars().take(WIDEST).map(|character| if character.is_ascii() { 1 } else { 2 }).sum()
}
