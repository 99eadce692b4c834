//! An address as a QR code made of half blocks, two modules a character.

use anstyle::{Ansi256Color, Color, Style};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// Black on white whatever the terminal's own colours are: these two of the 256 belong to no theme.
pub(super) const STYLE: Style = Style::new()
    .fg_color(Some(Color::Ansi256(Ansi256Color(16))))
    .bg_color(Some(Color::Ansi256(Ansi256Color(231))));

/// Draws `address` with its quiet zone, in lines; `None` where `columns` are too few.
pub(super) fn draw(address: &str, columns: usize) -> Option<Vec<String>> {
    // A screen has no dirt and no tears to correct, and the smallest code is the easiest to scan.
    let code = QrCode::with_error_correction_level(address, EcLevel::L).ok()?;
    let drawn = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Dark)
        .light_color(Dense1x2::Light)
        .module_dimensions(1, 1)
        .build();
    let lines: Vec<String> = drawn.lines().map(str::to_owned).collect();
    lines.iter().all(|line| line.chars().count() <= columns).then_some(lines)
}
