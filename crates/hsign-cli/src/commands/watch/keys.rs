//! Lines typed on the screen.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A line being typed.
#[derive(Default)]
pub(super) struct Line {
    pub(super) text: String,
}

/// What a key did to it.
pub(super) enum Typed {
    More,
    Done,
    Given,
}

impl Line {
    /// Takes a key; `Given`: given up.
    pub(super) fn key(&mut self, key: KeyEvent) -> Typed {
        match key.code {
            _ if is_interrupt(key) => return Typed::Given,
            KeyCode::Enter => return Typed::Done,
            KeyCode::Esc => return Typed::Given,
            KeyCode::Backspace => {
                self.text.pop();
            }
            KeyCode::Char(letter) if !key.modifiers.contains(KeyModifiers::CONTROL) => self.text.push(letter),
            _ => {}
        }
        Typed::More
    }
}

pub(super) fn is_interrupt(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c')
}
