//! Shows on stderr that work goes on, once it has lasted a second.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{Global, ProgressChoice};

/// Nothing is shown before this.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a line is printed where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// What is shown of one task.
pub(crate) struct Progress {
    how: How,
    begun: Instant,
    printed: Option<Instant>,
    bar: Option<ProgressBar>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Bar,
    Lines,
    Nothing,
}

impl Progress {
    pub(crate) fn new(global: &Global) -> Progress {
        let how = match global.progress {
            _ if global.quiet => How::Nothing,
            ProgressChoice::None => How::Nothing,
            ProgressChoice::Auto if std::io::stderr().is_terminal() => How::Bar,
            ProgressChoice::Auto | ProgressChoice::Plain => How::Lines,
        };
        Progress { how, begun: Instant::now(), printed: None, bar: None }
    }

    /// So many of so many bytes are done, which `what` says in words.
    pub(crate) fn bytes(&mut self, done: u64, all: u64, what: impl FnOnce() -> String) {
        if self.how == How::Nothing || self.begun.elapsed() < PATIENCE {
            return;
        }
        if self.how == How::Bar {
            let bar = self.bar.get_or_insert_with(|| {
                let bar = ProgressBar::with_draw_target(Some(all), ProgressDrawTarget::stderr());
                let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {msg} {eta}");
                style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
            });
            bar.set_message(what());
            bar.set_position(done);
        } else if self.printed.is_none_or(|printed| printed.elapsed() >= LINE_EVERY) {
            self.printed = Some(Instant::now());
            eprintln!("{} of {}, {}", HumanBytes(done), HumanBytes(all), what());
        }
    }

    /// Something goes on of which nobody knows how much there is; `what` says how far it is.
    #[cfg(feature = "object-store")]
    pub(crate) fn count(&mut self, what: impl FnOnce() -> String) {
        if self.how == How::Nothing || self.begun.elapsed() < PATIENCE {
            return;
        }
        if self.how == How::Bar {
            let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {msg}");
            let bar =
                self.bar.get_or_insert_with(|| style.map(|style| spinner.clone().with_style(style)).unwrap_or(spinner));
            bar.set_message(what());
            bar.tick();
        } else if self.printed.is_none_or(|printed| printed.elapsed() >= LINE_EVERY) {
            self.printed = Some(Instant::now());
            eprintln!("{}", what());
        }
    }

    /// Prints a line without disturbing the bar.
    pub(crate) fn print(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
