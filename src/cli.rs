//! The command line as clap reads it: one verb each, global flags beside it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::output::Format;

/// Who may turn which key, and who did.
#[derive(Debug, Parser)]
#[command(name = "wardbook", version, about, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 allowed or clean, 1 denied or findings, 2 unreadable input or bad usage, 3 undetermined."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every verb takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// What you already have: authorization details, KMS dumps, an organisation, templates; a folder or one file
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) world: Option<PathBuf>,
    /// Format of the result on stdout
    #[arg(long, value_enum, value_name = "FORMAT", global = true)]
    pub(crate) format: Option<Format>,
    /// Write the result to a file too; may be given several times
    #[arg(long, value_name = "FORMAT:PATH", value_parser = crate::output::Target::parse, global = true)]
    pub(crate) out: Vec<crate::output::Target>,
    /// When to color
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", global = true)]
    pub(crate) color: ColorChoice,
    /// How to show that work goes on which lasts over a second
    #[arg(long, value_enum, default_value_t = ProgressChoice::Auto, value_name = "HOW", global = true)]
    pub(crate) progress: ProgressChoice,
    /// Print the result only, no diagnostics that do not change the exit code
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Choose a side where AWS documents none: NAME=SIDE (see `wardbook explain quirks`)
    #[arg(long = "quirk", value_name = "NAME=SIDE", global = true)]
    pub(crate) quirks: Vec<String>,
    /// Settings file; otherwise wardbook.toml is looked for upwards from here
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// The `[lint]` table of the settings file
    #[arg(skip)]
    pub(crate) lint: crate::command::lint::settings::Settings,
}

/// When to color output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How to show progress, on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// A bar on a terminal, lines elsewhere
    Auto,
    /// Lines
    Plain,
    /// Not at all
    None,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// May this principal do this to this key?
    Can(crate::command::can::Arguments),
    /// Who may do this to this key: now, under a condition, after some steps?
    WhoCan(crate::command::who_can::Arguments),
    /// What may this principal do to which keys, and what does it reach through services?
    WhatCan(crate::command::what_can::Arguments),
    /// Why was this denied, and what would allow it?
    Why(crate::command::why::Arguments),
    /// What is this action, condition key, operator, error, layer, quirk or lint rule?
    Explain(crate::command::explain::Arguments),
    /// Find mistakes in policies, templates and Terraform, with proof
    Lint(Box<crate::command::lint::Arguments>),
    /// Does this change allow more? Two policies, files or worlds
    Diff(crate::command::diff::Arguments),
    /// Run policy unit tests, and assertions about a world
    Test(crate::command::test::Arguments),
    /// Write policies in canonical form
    Fmt(crate::command::fmt::Arguments),
    /// The log of every call: files that anyone can query
    Audit(crate::command::audit::Arguments),
    /// Answer the KMS API: every call signed, decided and written down
    Serve(crate::command::serve::Arguments),
    /// Print a completion script for a shell
    Completions(crate::command::completions::Arguments),
    /// Print the manual page
    Man,
}
