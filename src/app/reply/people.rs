//! What is answered about persons, courses and seats.

use super::word::words;
use super::{CodesView, EnrolView};
use serde::Serialize;

/// `person ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum PersonReply {
    /// `person list`
    List(Vec<PersonView>),
    /// `person show`
    One(PersonView),
    /// A person was added.
    Added {
        /// Who.
        person: PersonView,
        /// Their one-time code, shown this once; none when a key was given.
        code: Option<String>,
    },
    /// Their door is closed.
    Suspended {
        /// Who.
        login: String,
        /// Live sessions that were ended.
        sessions_closed: u32,
    },
    /// Their door is open again.
    Resumed {
        /// Who.
        login: String,
    },
    /// They are gone.
    Removed {
        /// Who.
        login: String,
        /// Live sessions that were ended.
        sessions_closed: u32,
        /// So many machines go with them.
        machines: u32,
        /// So many backups.
        backups: u32,
    },
    /// Their second factor was taken away.
    TotpReset {
        /// Whose.
        login: String,
    },
}

/// A person as professors see them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonView {
    /// Login.
    pub login: String,
    /// Name as people write it.
    pub name: String,
    /// `alumno`, ...
    pub role: &'static str,
    /// Whether their door is closed.
    pub suspended: bool,
    /// Names of their seats.
    pub seats: Vec<String>,
    /// Keys they have.
    pub keys: u32,
    /// Whether they have a password.
    pub password: bool,
    /// Where to write to them; may be empty.
    pub email: String,
    /// What the campus calls them, where that is another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campus: Option<String>,
    /// Their number at the school; may be empty.
    pub idnumber: String,
    /// Their groups in their courses.
    pub groups: Vec<String>,
    /// Whether their row is gone from every list: they do not come in.
    pub archived: bool,
    /// Whether they have a second factor.
    pub second_factor: bool,
    /// When they were added.
    pub created: String,
}

/// `course ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum CourseReply {
    /// `course list`
    List(Vec<CourseView>),
    /// A course was made.
    Created(CourseView),
    /// It is called something else.
    Renamed {
        /// As it is now.
        course: CourseView,
        /// Its old name.
        was: String,
        /// Policies of ready rules that say the new name now.
        rules: Vec<String>,
    },
    /// Its template was said, or taken away.
    Set(CourseView),
    /// It stands so now.
    Turned {
        /// As it is now.
        course: CourseView,
        /// Whether it stood otherwise before.
        changed: bool,
        /// Seats that are archived with it.
        seats: u32,
        /// Machines that are stopped.
        stops: u32,
        /// What archiving stopped once, and is not running yet.
        resting: Vec<String>,
        /// Whether that is being started.
        start: bool,
    },
    /// It is gone.
    Removed {
        /// Its name.
        course: String,
        /// Seats that went with it.
        seats: u32,
        /// Its templates, which are not offered any more.
        templates: Vec<String>,
        /// Who has no seat any more.
        unseated: Vec<String>,
    },
    /// `course enrol`
    Enrolled(Box<EnrolView>),
    /// `course code`
    CodesMade(CodesView),
}

words! {
    /// How a course stands.
    CourseStands {
        /// It goes on.
        Open = "open",
        /// It is read only.
        Closed = "closed",
        /// Its seats are archived.
        Archived = "archived",
    }
}

/// A course as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CourseView {
    /// Its name.
    pub name: String,
    /// First calendar year.
    pub year: u16,
    /// 0 or 1.
    pub version: u8,
    /// Seats in it.
    pub seats: u32,
    /// How it stands.
    pub state: CourseStands,
    /// Since when it is not open.
    pub since: Option<String>,
    /// What a machine in it is made from when nobody says.
    pub template: Option<String>,
    /// When it was made.
    pub created: String,
}

/// `seat ...`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", content = "value", rename_all = "kebab-case")]
pub enum SeatReply {
    /// `seat list`
    List(Vec<SeatView>),
    /// A team has a seat.
    Created(SeatView),
    /// A team has other members.
    Changed(SeatView),
    /// A seat is in the archive, or out of it.
    Archived(SeatView),
    /// A seat goes.
    Removed {
        /// Which.
        seat: String,
        /// So many machines with it.
        machines: u32,
        /// So many backups.
        backups: u32,
    },
}

/// A seat as professors see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeatView {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// Its course.
    pub course: String,
    /// Its network, `10.48.15.192/26`.
    pub network: String,
    /// Logins of its members.
    pub members: Vec<String>,
    /// Its machines.
    pub machines: u32,
    /// Whether it is a team's.
    pub team: bool,
    /// The group that the course's list says; may be empty.
    pub group: String,
    /// Since when its row is gone from the course's list.
    pub archived: Option<String>,
    /// Whether it goes, with all that it holds.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub leaving: bool,
}
