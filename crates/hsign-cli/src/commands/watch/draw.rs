//! How the screen looks. Bold and reversed only: nothing is told by a colour, so that `NO_COLOR` and any terminal do.

use std::io::{self, Write as _};

use hsign::report::{Language, printable, word};
use hsign_core::Secret;
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::crossterm::{cursor, queue, style, terminal};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Clear, Paragraph, Row as TableRow, Table, TableState, Wrap};
use zeroize::Zeroize as _;

/// One line of the list.
pub(super) struct Row {
    pub(super) confirmed: bool,
    pub(super) opened: bool,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) pages: Option<u32>,
    pub(super) dpi: Option<u32>,
    pub(super) minutes: i64,
    pub(super) state: String,
    pub(super) remarks: String,
}

/// A question over the list.
pub(super) struct Dialog {
    pub(super) lines: Vec<String>,
    pub(super) typed: Option<String>,
}

/// Everything that is shown.
pub(super) struct View<'a> {
    pub(super) language: Language,
    pub(super) title: String,
    pub(super) rows: &'a [Row],
    pub(super) selected: usize,
    pub(super) counts: [(&'static str, usize); 6],
    pub(super) message: &'a str,
    pub(super) dialog: Option<Dialog>,
}

impl View<'_> {
    pub(super) fn empty(language: Language) -> Self {
        Self {
            language,
            title: String::new(),
            rows: &[],
            selected: 0,
            counts: [("watch.found", 0); 6],
            message: "",
            dialog: None,
        }
    }
}

/// How many lines of the list a window of this height has room for.
pub(super) fn list_height(window: u16) -> usize {
    // Title, counts, border and head of the list, message, keys.
    usize::from(window.saturating_sub(9).max(1))
}

pub(super) fn draw(frame: &mut Frame<'_>, view: &View<'_>) {
    let [head, counts, list, message, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(2),
        Constraint::Length(2),
    ])
    .areas(frame.area());
    let bold = Style::new().add_modifier(Modifier::BOLD);
    frame.render_widget(Line::styled(printable(&view.title), bold), head);
    frame.render_widget(counted(view), counts);
    table(frame, view, list);
    let said = Paragraph::new(printable(view.message)).wrap(Wrap { trim: true });
    frame.render_widget(said, message);
    let help = Paragraph::new(word("watch.keys", view.language)).wrap(Wrap { trim: true });
    frame.render_widget(help, keys);
    if let Some(dialog) = &view.dialog {
        ask(frame, dialog);
    }
}

fn counted(view: &View<'_>) -> Line<'static> {
    let parts = view.counts.iter().map(|(key, count)| format!("{} {count}", word(key, view.language)));
    Line::raw(parts.collect::<Vec<_>>().join("  "))
}

fn table(frame: &mut Frame<'_>, view: &View<'_>, area: Rect) {
    let language = view.language;
    let heads = [
        "watch.head.name",
        "watch.head.kind",
        "watch.head.pages",
        "watch.head.dpi",
        "watch.head.age",
        "watch.head.state",
    ];
    let reversed = Style::new().add_modifier(Modifier::REVERSED);
    let header =
        TableRow::new([Cell::from("")].into_iter().chain(heads.map(|key| Cell::from(word(key, language)))));
    let rows = view.rows.iter().map(|row| {
        let mark = if row.confirmed {
            "[x]"
        } else if row.opened {
            "[o]"
        } else {
            "[ ]"
        };
        let number = |value: Option<u32>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
        let state = format!("{} {}", row.state, row.remarks);
        TableRow::new([
            Cell::from(mark),
            Cell::from(printable(&row.name)),
            Cell::from(row.kind),
            Cell::from(number(row.pages)),
            Cell::from(number(row.dpi)),
            Cell::from(age(row.minutes, language)),
            Cell::from(printable(state.trim())),
        ])
    });
    let widths = [
        Constraint::Length(3),
        Constraint::Min(20),
        Constraint::Length(5),
        Constraint::Length(5),
        Constraint::Length(5),
        Constraint::Length(7),
        Constraint::Max(24),
    ];
    let table = Table::new(rows, widths)
        .header(header.style(Style::new().add_modifier(Modifier::BOLD)))
        .row_highlight_style(reversed)
        .block(Block::bordered());
    let mut state = TableState::new();
    if !view.rows.is_empty() {
        state.select(Some(view.selected));
    }
    frame.render_stateful_widget(table, area, &mut state);
}

fn age(minutes: i64, language: Language) -> String {
    let (key, count) = match minutes {
        ..60 => ("watch.minutes", minutes),
        60..2_880 => ("watch.hours", minutes / 60),
        _ => ("watch.days", minutes / 1_440),
    };
    word(key, language).replace("{count}", &count.to_string())
}

fn ask(frame: &mut Frame<'_>, dialog: &Dialog) {
    let area = frame.area();
    let height = u16::try_from(dialog.lines.len() + 4).unwrap_or(area.height).min(area.height);
    let [_, row, _] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(height), Constraint::Fill(1)]).areas(area);
    let [_, middle, _] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Percentage(90), Constraint::Fill(1)]).areas(row);
    let mut lines: Vec<Line<'_>> = dialog.lines.iter().map(|line| Line::raw(printable(line))).collect();
    if let Some(typed) = &dialog.typed {
        lines.push(Line::from(vec![Span::raw("> "), Span::raw(printable(typed)), Span::raw("_")]));
    }
    frame.render_widget(Clear, middle);
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(Block::bordered()), middle);
}

/// Asks for a secret on the lowest lines of the screen, showing a star for each letter; `None`: given up. The screen is
/// to be drawn anew afterwards.
pub(super) fn secret(lines: &[String]) -> io::Result<Option<Secret>> {
    let (_, height) = terminal::size()?;
    let top = height.saturating_sub(u16::try_from(lines.len()).unwrap_or(0) + 1);
    let mut typed = Vec::new();
    loop {
        let mut out = io::stdout();
        queue!(out, cursor::MoveTo(0, top), terminal::Clear(terminal::ClearType::FromCursorDown))?;
        for line in lines {
            queue!(out, style::Print(printable(line)), cursor::MoveToNextLine(1))?;
        }
        let stars = "*".repeat(typed.iter().filter(|byte| !(0x80..0xc0).contains(*byte)).count());
        queue!(out, style::Print("> "), style::Print(stars))?;
        out.flush()?;
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => {
                let mut out = io::stdout();
                queue!(out, cursor::MoveTo(0, top), terminal::Clear(terminal::ClearType::FromCursorDown))?;
                out.flush()?;
                return Ok(Some(Secret::new(typed)));
            }
            KeyCode::Esc => break,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => break,
            KeyCode::Backspace => {
                typed.pop();
            }
            KeyCode::Char(letter) => {
                let mut buffer = [0; 4];
                typed.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
                buffer.zeroize();
            }
            _ => {}
        }
    }
    typed.zeroize();
    Ok(None)
}
