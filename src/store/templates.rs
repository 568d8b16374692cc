//! Templates that professors published: a row a version, for good, and offered to one course. While a job makes one, and when it is
//! retired, it is not offered; its image stays as long as a machine was made from it.

use super::rows::{self, Row};
use super::{Changed, Connection, Result, Store, StoreError, What, courses, jobs, vms};
use puerta_lab::model::{CourseId, Job, JobId, JobKind, JobState, Limits, PersonId, Timestamp, VmId};
use puerta_lab::names::{CourseName, TemplateName, TemplateRef};
use puerta_lab::network::Service;

/// A version that a job is to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTemplate {
    /// Its name; the version is the next of that name, whatever the course.
    pub name: TemplateName,
    /// The course that it is offered to.
    pub course: CourseId,
    /// A line about it.
    pub description: String,
    /// Login of who publishes it.
    pub publisher: String,
    /// What a machine of it gets when nothing is asked for (processes are not kept).
    pub limits: Limits,
    /// Ports of a machine of it that are published from the start.
    pub ports: Vec<Service>,
}

/// One version of a published template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its name.
    pub name: TemplateName,
    /// Its version, from 1.
    pub version: u32,
    /// The course that it is offered to; none: every course, as those of before courses had their own.
    pub course: Option<CourseId>,
    /// That course's name; none also when it was removed.
    pub course_name: Option<CourseName>,
    /// A line about it.
    pub description: String,
    /// Login of who published it.
    pub publisher: String,
    /// The machine it was made of, `web1.profesor`.
    pub source: String,
    /// CPU cores, when nothing is asked for.
    pub cpus: u32,
    /// Memory, MiB.
    pub memory_mib: u32,
    /// Disk, MiB.
    pub disk_mib: u32,
    /// Ports that are published from the start.
    pub ports: Vec<Service>,
    /// Bytes of the image.
    pub size: u64,
    /// When it was asked for.
    pub created: Timestamp,
    /// The job that makes it; none: it is there.
    pub job: Option<JobId>,
    /// Since when it is not offered any more.
    pub retired: Option<Timestamp>,
    /// Since when its image is gone.
    pub removed: Option<Timestamp>,
    /// Machines that were made from it and are still there.
    pub machines: u32,
}

impl Template {
    /// `tomcat:2`
    pub fn reference(&self) -> TemplateRef {
        TemplateRef { name: self.name.clone(), version: Some(self.version) }
    }

    /// Whether machines may be made from it somewhere.
    pub fn offered(&self) -> bool {
        self.job.is_none() && self.retired.is_none()
    }

    /// Whether it is a course's, or everybody's.
    pub fn is_for(&self, course: CourseId) -> bool {
        self.course.is_none_or(|own| own == course)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.name, t.version, t.course, c.name AS course_name, t.description, t.publisher, t.source, t.cpus, t.memory_mib, t.disk_mib,
                    t.ports, t.size, t.created, t.job, t.retired, t.removed,
                    (SELECT COUNT(*) FROM vms v WHERE v.template = t.name || ':' || t.version) AS machines
             FROM templates t LEFT JOIN courses c ON c.id = t.course ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Template> {
    let ports = rows::text(row, "ports")?;
    let words = ports.split(',').filter(|word| !word.is_empty());
    let parsed: std::result::Result<Vec<Service>, ()> = words.map(str::parse).collect();
    Ok(Template {
        name: rows::word(row, "name")?,
        version: rows::number(row, "version")?,
        course: rows::maybe_time(row, "course")?.map(|course| CourseId(course.0)),
        course_name: rows::maybe_word(row, "course_name")?,
        description: rows::text(row, "description")?,
        publisher: rows::text(row, "publisher")?,
        source: rows::text(row, "source")?,
        cpus: rows::number(row, "cpus")?,
        memory_mib: rows::number(row, "memory_mib")?,
        disk_mib: rows::number(row, "disk_mib")?,
        ports: parsed.map_err(|()| StoreError::Corrupt(format!("ports is `{ports}`")))?,
        size: rows::number(row, "size")?,
        created: rows::time(row, "created")?,
        job: rows::maybe_time(row, "job")?.map(|job| JobId(job.0)),
        retired: rows::maybe_time(row, "retired")?,
        removed: rows::maybe_time(row, "removed")?,
        machines: rows::number(row, "machines")?,
    })
}

impl Store {
    /// Takes the next version of the name and starts the job that makes it of a machine, both or neither;
    /// `Busy` when another job has the machine, `Gone` without it, `NotOpen` when the course is not.
    pub async fn begin_template(
        &self,
        kind: JobKind,
        new: NewTemplate,
        vm: VmId,
        person: Option<PersonId>,
        now: Timestamp,
    ) -> Result<(Template, Job)> {
        let mut tx = self.write().await?;
        let vm = vms::find(&mut tx, vm).await?.ok_or(StoreError::Gone)?;
        courses::open(&mut tx, new.course).await?;
        jobs::free(&mut tx, vm.id).await?;
        let job = jobs::start(&mut tx, kind, &vm, person, None, now).await?;
        let ports: Vec<String> = new.ports.iter().map(ToString::to_string).collect();
        sqlx::query(
            "INSERT INTO templates (name, version, description, publisher, source, cpus, memory_mib, disk_mib,
                                    ports, created, job, course)
             VALUES ($1, (SELECT COALESCE(MAX(version), 0) + 1 FROM templates WHERE name = $1),
                     $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(new.name.as_str())
        .bind(&new.description)
        .bind(&new.publisher)
        .bind(format!("{}.{}", vm.name, vm.seat_name))
        .bind(i64::from(new.limits.cpus))
        .bind(i64::from(new.limits.memory_mib))
        .bind(i64::from(new.limits.disk_mib))
        .bind(ports.join(","))
        .bind(now.0)
        .bind(job.id.0)
        .bind(new.course.0)
        .execute(&mut *tx)
        .await?;
        let made = of_job(&mut tx, job.id).await?.ok_or(StoreError::Gone)?;
        tx.commit().await?;
        Ok((made, job))
    }

    /// The version that a job makes.
    pub async fn template_of_job(&self, job: JobId) -> Result<Option<Template>> {
        of_job(&mut *self.readers.acquire().await?, job).await
    }

    /// The version is there, with an image of this size, and its job is done: both or neither.
    pub async fn finish_template(&self, job: JobId, size: u64, now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        jobs::finish(&mut tx, job, &JobState::Done, now).await?;
        sqlx::query("UPDATE templates SET job = NULL, size = $1 WHERE job = $2")
            .bind(rows::stored(size)?)
            .bind(job.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets the version that a job did not make. Its image must be gone: the number is free again.
    pub async fn forget_template(&self, job: JobId) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM templates WHERE job = $1").bind(job.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Every version, by name, the newest first; also those that are not offered.
    pub async fn templates(&self) -> Result<Vec<Template>> {
        let rows = sqlx::query(select!("ORDER BY t.name, t.version DESC")).fetch_all(&self.readers).await?;
        rows::all(rows, read)
    }

    /// Takes versions that are for a course, or for all, out of the list: one, or with no version all of the name;
    /// those that were taken out now.
    pub async fn retire_templates(
        &self,
        wanted: &TemplateRef,
        course: Option<CourseId>,
        now: Timestamp,
    ) -> Result<Changed<Vec<Template>>> {
        let mut tx = self.write().await?;
        let rows = sqlx::query(select!(
            "WHERE t.name = $1 AND (t.version = $2 OR $2 IS NULL) AND t.course IS NOT DISTINCT FROM $3
             AND t.job IS NULL AND t.retired IS NULL ORDER BY t.version"
        ))
        .bind(wanted.name.as_str())
        .bind(wanted.version.map(i64::from))
        .bind(course.map(|course| course.0))
        .fetch_all(&mut *tx)
        .await?;
        let mut retired = rows::all(rows, read)?;
        for template in &mut retired {
            sqlx::query("UPDATE templates SET retired = $1 WHERE name = $2 AND version = $3")
                .bind(now.0)
                .bind(template.name.as_str())
                .bind(i64::from(template.version))
                .execute(&mut *tx)
                .await?;
            template.retired = Some(now);
        }
        tx.commit().await?;
        let templates = !retired.is_empty();
        Ok(Changed::new(retired, What { templates, ..What::default() }))
    }

    /// Retired versions whose image nobody needs any more and is still there. That is for good: no
    /// machine can be made from a retired one.
    pub async fn unneeded_templates(&self) -> Result<Vec<Template>> {
        let all = self.templates().await?;
        let unneeded = |one: &Template| {
            one.job.is_none() && one.retired.is_some() && one.removed.is_none() && one.machines == 0
        };
        Ok(all.into_iter().filter(unneeded).collect())
    }

    /// The image is gone.
    pub async fn template_removed(&self, template: &Template, now: Timestamp) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE templates SET removed = $1 WHERE name = $2 AND version = $3")
            .bind(now.0)
            .bind(template.name.as_str())
            .bind(i64::from(template.version))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

pub(super) async fn of_job(connection: &mut Connection, job: JobId) -> Result<Option<Template>> {
    let row = sqlx::query(select!("WHERE t.job = $1")).bind(job.0).fetch_optional(connection).await?;
    rows::maybe(row, read)
}

/// Whether machines of a course may be made from it, inside the caller's transaction. What the engine itself has is
/// the engine's to say.
pub(super) async fn offered(
    connection: &mut Connection,
    template: &TemplateRef,
    course: CourseId,
) -> Result<bool> {
    let Some(version) = template.version else { return Ok(true) };
    let row = sqlx::query(select!("WHERE t.name = $1 AND t.version = $2"))
        .bind(template.name.as_str())
        .bind(i64::from(version))
        .fetch_optional(connection)
        .await?;
    Ok(rows::maybe(row, read)?.is_some_and(|found| found.offered() && found.is_for(course)))
}
