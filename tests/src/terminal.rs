use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::Session;

/// A real terminal of a real size, with the command in it: tmux.
pub struct Terminal {
    socket: String,
    configuration: PathBuf,
    /// Where the shell around the command writes how it ended.
    ended: PathBuf,
}

/// Runs a command and keeps its exit code; tmux itself loses it now and then on a busy machine.
const SHELL: &str = r#"file=$1; shift; "$@"; echo $? > "$file.new"; mv "$file.new" "$file""#;

/// Starting, signing and a busy machine take their time; no test depends on how long.
const PATIENCE: Duration = Duration::from_secs(60);

impl Terminal {
    /// Starts a command line (without `hsign`) in a terminal of so many columns and lines; `None` without tmux.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    pub fn start(session: &Session, line: &str, columns: u16, lines: u16) -> Option<Self> {
        Command::new("tmux").arg("-V").output().ok()?;
        let configuration = session.path("home/tmux.conf");
        std::fs::write(
            &configuration,
            "set -g remain-on-exit on\nset -g status off\nset -sg escape-time 0\n",
        )
        .unwrap();
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let socket = format!("hsign-{}-{number}", std::process::id());
        let ended = session.path(&format!("home/ended-{number}"));
        let terminal = Self { socket, configuration, ended };
        let wanted = session.command(line);
        let mut tmux = terminal.tmux(&["new-session", "-d"]);
        tmux.args(["-x", &columns.to_string(), "-y", &lines.to_string(), "--"]);
        tmux.args(["sh", "-c", SHELL, "sh"]).arg(&terminal.ended);
        tmux.arg(wanted.get_program())
            .args(wanted.get_args())
            .current_dir(session.folder())
            .env_remove("TMUX");
        for (name, value) in wanted.get_envs() {
            match value {
                Some(value) => tmux.env(name, value),
                None => tmux.env_remove(name),
            };
        }
        assert!(tmux.status().expect("tmux runs").success());
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-u", "-L", &self.socket, "-f"]).arg(&self.configuration).args(arguments);
        command
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        self.tmux(arguments).output().expect("tmux runs")
    }

    /// What stands on the screen.
    #[must_use]
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.ask(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// The same with the codes for bold, reversed and colours.
    #[must_use]
    pub fn styled_screen(&self) -> String {
        String::from_utf8_lossy(&self.ask(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    /// Waits until this stands on the screen.
    ///
    /// # Panics
    /// When it doesn't come.
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        self.waits(text, |screen| screen.contains(text))
    }

    /// Waits until this is gone from the screen.
    ///
    /// # Panics
    /// When it stays.
    #[track_caller]
    pub fn loses(&self, text: &str) -> &Self {
        self.waits(text, |screen| !screen.contains(text))
    }

    #[track_caller]
    fn waits(&self, text: &str, holds: impl Fn(&str) -> bool) -> &Self {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return self;
            }
            assert!(start.elapsed() < PATIENCE, "waited for \"{text}\":\n{screen}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Presses keys by their names: `Enter`, `Space`, `y`.
    pub fn press(&self, keys: &[&str]) -> &Self {
        let _ = self.ask(&[&["send-keys"], keys].concat());
        self
    }

    /// Types text.
    pub fn write(&self, text: &str) -> &Self {
        let _ = self.ask(&["send-keys", "-l", text]);
        self
    }

    /// The exit code, once the command has ended.
    ///
    /// # Panics
    /// When it doesn't end.
    #[track_caller]
    pub fn exit_code(&self) -> i32 {
        let start = Instant::now();
        loop {
            if let Ok(code) = std::fs::read_to_string(&self.ended) {
                return code.trim().parse().expect("an exit code");
            }
            assert!(start.elapsed() < PATIENCE, "still running:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Ends the command the hard way: `kill -9`.
    ///
    /// # Panics
    /// When there is no command.
    pub fn kill(&self) {
        let shell = String::from_utf8_lossy(&self.ask(&["display-message", "-p", "#{pane_pid}"]).stdout)
            .trim()
            .to_owned();
        let children =
            std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).expect("Linux");
        let killed = Command::new("kill").args(["-9", children.trim()]).status().expect("kill runs");
        assert!(killed.success());
        assert_eq!(self.exit_code(), 128 + 9);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.ask(&["kill-server"]);
    }
}
