//! Rows as a table that fits the terminal: one line a row, columns of fixed width, so that a list of any
//! length can be printed as it comes.

use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, Width as Cells, presets};

use super::{Column, one_line};

const GAP: u16 = 2;
const LEGIBLE: u16 = 40;
const NARROWEST: u16 = 8;

/// How wide a column is.
#[derive(Debug, Clone, Copy)]
pub enum Width {
    /// At least and at most so many cells of the terminal.
    Cells(u16, u16),
    /// What the others leave. Others go for so many cells, and it takes fewer only if none can.
    Rest(u16),
}

/// The columns that fit, each with its width in cells.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    columns: Vec<(Column<'a>, u16)>,
    /// Whether names are somebody else's, whose capitals mean something.
    pub(super) keeps_names: bool,
}

impl<'a> Layout<'a> {
    /// Chooses from `columns` what fits into `width` cells.
    pub(super) fn new(columns: &[Column<'a>], width: u16) -> Self {
        let mut shown: Vec<Column<'a>> =
            columns.iter().copied().filter(|column| column.width.is_some()).collect();
        while needed(&shown) > width {
            let Some(most) = shown.iter().map(|column| column.expendable).max().filter(|most| *most > 0)
            else {
                break;
            };
            shown.retain(|column| column.expendable != most);
        }
        let mut spare = width.saturating_sub(needed(&shown));
        let missing = needed(&shown).saturating_sub(width);
        let first = |column| match least(column) {
            cells if is_rest(column) => cells.saturating_sub(missing).max(NARROWEST.min(cells)),
            cells => cells,
        };
        let mut columns: Vec<_> = shown.into_iter().map(|column| (column, first(column))).collect();
        // The one that takes the rest comes first until it is wide enough to read, then the others get what they like.
        let mut grow = |wanted: fn(Column<'_>, u16) -> u16| {
            for (column, width) in &mut columns {
                let more = wanted(*column, *width).min(spare);
                *width += more;
                spare -= more;
            }
        };
        grow(|column, width| if is_rest(column) { LEGIBLE.saturating_sub(width) } else { 0 });
        grow(|column, width| most(column).saturating_sub(width));
        grow(|column, _| if is_rest(column) { u16::MAX } else { 0 });
        Self { columns, keeps_names: false }
    }

    /// The names of the columns, in capitals unless they are kept.
    pub(super) fn header(&self) -> String {
        let name = |name: &str| if self.keeps_names { name.to_owned() } else { name.to_uppercase() };
        self.lines([self.columns.iter().map(|(column, _)| name(column.name)).collect()])
    }

    /// The names that a row's cells are asked for by.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.columns.iter().map(|(column, _)| column.name)
    }

    /// The rows, each one line.
    pub(super) fn lines(&self, rows: impl IntoIterator<Item = Vec<String>>) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        for cells in rows {
            let mut row = Row::from(cells.iter().map(|cell| one_line(cell)));
            row.max_height(1);
            table.add_row(row);
        }
        for (index, (_, width)) in self.columns.iter().enumerate() {
            if let Some(column) = table.column_mut(index) {
                let gap = if index + 1 < self.columns.len() { GAP } else { 0 };
                column.set_padding((0, gap));
                column.set_constraint(ColumnConstraint::Absolute(Cells::Fixed(width + gap)));
            }
        }
        // A cell is cut where its width ends, not at a space: this character is in none.
        table.set_delimiter('\u{2028}');
        let mut text = String::new();
        for line in table.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

fn needed(columns: &[Column<'_>]) -> u16 {
    columns.iter().map(|column| least(*column) + GAP).sum::<u16>().saturating_sub(GAP)
}

fn least(column: Column<'_>) -> u16 {
    match column.width {
        Some(Width::Cells(cells, _) | Width::Rest(cells)) => cells,
        None => 0,
    }
}

fn most(column: Column<'_>) -> u16 {
    match column.width {
        Some(Width::Cells(_, cells)) => cells,
        Some(Width::Rest(_)) | None => 0,
    }
}

fn is_rest(column: Column<'_>) -> bool {
    matches!(column.width, Some(Width::Rest(_)))
}
