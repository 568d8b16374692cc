//! The words of the shell as clap sees them: one enum a family. It decides which words, options
//! and how many values there are; what a value means is [`super::convert`]'s. Help is not clap's:
//! it stands in the locales, in both languages, and a test holds the two together.

mod audit;
mod policy;

pub(crate) use audit::{Audit, AuditFilter, AuditPages};
pub(crate) use policy::{Policy, Ready, Rule};

use clap::{Args, Parser, Subcommand};

/// One line.
#[derive(Debug, Parser)]
#[command(
    name = "puerta",
    no_binary_name = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    args_override_self = true
)]
pub(crate) struct Words {
    #[command(subcommand)]
    pub(crate) top: Top,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Top {
    #[command(subcommand)]
    Vm(Vm),
    #[command(flatten)]
    Bare(Bare),
    #[command(subcommand)]
    Backup(Backup),
    #[command(subcommand)]
    Template(Template),
    #[command(subcommand)]
    Quota(Quota),
    #[command(subcommand)]
    Key(Key),
    #[command(subcommand)]
    Job(Job),
    #[command(subcommand)]
    Course(Course),
    #[command(subcommand)]
    Person(Person),
    #[command(subcommand)]
    Seat(Seat),
    #[command(subcommand)]
    Port(Port),
    #[command(subcommand)]
    Egress(Egress),
    #[command(subcommand)]
    Firewall(Firewall),
    #[command(subcommand)]
    Session(Session),
    Message {
        to: String,
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        text: Vec<String>,
    },
    #[command(subcommand)]
    Policy(Policy),
    #[command(subcommand)]
    Audit(Audit),
    #[command(subcommand)]
    Node(Node),
    #[command(subcommand)]
    Isolation(Isolation),
    #[command(subcommand)]
    Totp(Totp),
    Passwd,
    Whoami,
    #[command(alias = "ayuda")]
    Help {
        topic: Vec<String>,
    },
    #[command(aliases = ["quit", "salir"])]
    Exit,
}

/// `vm VERB`; all but `backup`, which is also a family, and `move`, which is not for everybody, work
/// without `vm`.
#[derive(Debug, Subcommand)]
pub(crate) enum Vm {
    #[command(flatten)]
    Bare(Bare),
    Backup {
        vm: String,
    },
    Move {
        vm: String,
        node: String,
        #[command(flatten)]
        yes: Yes,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bare {
    List {
        #[arg(long)]
        all: bool,
        #[arg(long)]
        seat: Option<String>,
    },
    Create {
        name: String,
        #[arg(long)]
        template: Option<String>,
        #[arg(long, allow_negative_numbers = true)]
        cpus: Option<String>,
        #[arg(long, allow_negative_numbers = true)]
        memory: Option<String>,
        #[arg(long, allow_negative_numbers = true)]
        disk: Option<String>,
    },
    Show {
        vm: String,
    },
    Start {
        vm: String,
    },
    Restart {
        vm: String,
    },
    Stop {
        vm: String,
        #[arg(long)]
        force: bool,
    },
    Console {
        vm: String,
    },
    Delete {
        vm: String,
        #[command(flatten)]
        yes: Yes,
    },
    Restore {
        vm: String,
        #[arg(long)]
        backup: Option<String>,
        #[command(flatten)]
        yes: Yes,
    },
}

/// On what asks before it acts.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Yes {
    #[arg(long = "yes", short = 'y')]
    pub(crate) said: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Backup {
    List {
        vm: Option<String>,
        #[arg(long)]
        seat: Option<String>,
        #[arg(long)]
        all: bool,
    },
    Show {
        backup: String,
        #[arg(long)]
        seat: Option<String>,
    },
    Delete {
        backup: String,
        #[arg(long)]
        seat: Option<String>,
        #[command(flatten)]
        yes: Yes,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Template {
    List,
    Show {
        template: String,
    },
    Publish {
        vm: String,
        #[arg(long)]
        name: String,
        #[arg(long)]
        description: Option<String>,
        #[arg(long, allow_negative_numbers = true)]
        cpus: Option<String>,
        #[arg(long, allow_negative_numbers = true)]
        memory: Option<String>,
        #[arg(long, allow_negative_numbers = true)]
        disk: Option<String>,
        #[arg(long)]
        ports: Option<String>,
    },
    Retire {
        template: String,
        #[command(flatten)]
        yes: Yes,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Quota {
    Show {
        #[command(flatten)]
        place: QuotaPlace,
    },
    Set {
        quota: String,
        #[arg(allow_negative_numbers = true)]
        value: String,
        #[command(flatten)]
        place: QuotaPlace,
    },
}

/// For whom: one of the three.
#[derive(Debug, Clone, Args)]
pub(crate) struct QuotaPlace {
    #[arg(long)]
    pub(crate) seat: Option<String>,
    #[arg(long)]
    pub(crate) course: Option<String>,
    #[arg(long)]
    pub(crate) role: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    List,
    Add {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
    Remove {
        key: String,
        #[command(flatten)]
        yes: Yes,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    List,
    Watch { job: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Course {
    Create {
        course: String,
        #[arg(long, allow_negative_numbers = true)]
        year: Option<String>,
        #[arg(long, allow_negative_numbers = true)]
        version: Option<String>,
    },
    List,
    Enrol {
        course: String,
        #[arg(long = "dry-run")]
        dry_run: bool,
        #[command(flatten)]
        form: Form,
    },
    Code {
        course: String,
        #[command(flatten)]
        form: Form,
    },
}

/// How codes are written: at most one of the two.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Form {
    #[arg(long)]
    pub(crate) sheet: bool,
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    Add {
        login: String,
        #[arg(long)]
        course: Option<String>,
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        role: Option<String>,
        #[arg(long)]
        key: Option<String>,
    },
    List,
    Show {
        login: String,
    },
    Code {
        login: String,
    },
    Suspend {
        login: String,
        #[arg(long)]
        resume: bool,
        #[command(flatten)]
        yes: Yes,
    },
    Remove {
        login: String,
        #[command(flatten)]
        yes: Yes,
    },
    TotpReset {
        login: String,
        #[command(flatten)]
        yes: Yes,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Totp {
    Add,
    Remove,
    Codes,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Seat {
    List,
    Create {
        seat: String,
        #[arg(long)]
        course: String,
        #[arg(long)]
        member: Vec<String>,
    },
    Add {
        seat: String,
        #[arg(required = true)]
        login: Vec<String>,
    },
    Drop {
        seat: String,
        login: String,
        #[command(flatten)]
        yes: Yes,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Port {
    List {
        #[arg(long)]
        all: bool,
        #[arg(long)]
        seat: Option<String>,
    },
    Publish {
        vm: String,
        #[arg(allow_negative_numbers = true)]
        service: String,
        #[arg(long, allow_negative_numbers = true)]
        port: Option<String>,
        #[arg(long)]
        udp: bool,
        #[arg(long)]
        from: Option<String>,
    },
    Unpublish {
        #[arg(allow_negative_numbers = true)]
        port: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Egress {
    List,
    Set {
        egress: String,
        #[command(flatten)]
        place: Place,
    },
    Clear {
        #[command(flatten)]
        place: Place,
    },
}

/// Whose machines: one of the two.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    #[arg(long)]
    pub(crate) seat: Option<String>,
    #[arg(long)]
    pub(crate) course: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Firewall {
    Show,
    Plan,
    Apply,
    Check,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    List,
    Drain {
        node: String,
        #[arg(long = "move")]
        empty: bool,
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        yes: Yes,
    },
    Resume {
        node: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Isolation {
    Check { vm: Vec<String> },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    List {
        #[arg(long)]
        person: Option<String>,
        #[arg(long)]
        course: Option<String>,
    },
    Show {
        session: String,
    },
    Close {
        session: String,
        #[command(flatten)]
        yes: Yes,
    },
    Recordings {
        #[arg(long)]
        person: Option<String>,
    },
    Play {
        session: String,
        #[arg(long, allow_negative_numbers = true)]
        speed: Option<String>,
    },
    Watch {
        session: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_grammar_is_sound() {
        super::Words::command().debug_assert();
    }
}
