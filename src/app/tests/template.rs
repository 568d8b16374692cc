//! Publishing and retiring on an engine that fails or is away: nothing half is left, and what cannot be
//! removed now goes later.

use super::*;
use crate::app::command::TemplateCommand;
use crate::app::template;
use std::time::Duration;

/// A house of a professor's with a stopped `web1`.
async fn staffed(name: &str) -> House {
    let mut house = house(name).await;
    let (course, _) = house.app.store.courses().await.unwrap().pop().unwrap();
    let key = NewKey {
        algorithm: "ssh-ed25519".into(),
        fingerprint: "SHA256:y".into(),
        comment: String::new(),
        line: "ssh-ed25519 y".into(),
    };
    let new = NewPerson {
        login: "profesor".parse().unwrap(),
        name: String::new(),
        role: Role::Profesor,
        course: Some(course.id),
        key: Some(key),
        code: None,
    };
    let (person, _) = house.app.store.add_person(new, clock::now()).await.unwrap().apart().0;
    house.visitor = Visitor { person: person.id, login: person.login, ..house.visitor.clone() };
    template::keep_swept(&house.app);
    house.create().await.0.unwrap();
    let stop = house.begin(VmCommand::Stop { vm: web1(), force: true }).await;
    house.end(stop).await.0.unwrap();
    house
}

impl House {
    async fn publish(&self) -> JobWatch {
        let publish = TemplateCommand::Publish {
            vm: web1(),
            name: "tomcat".parse().unwrap(),
            course: None,
            description: None,
            cpus: None,
            memory_mib: None,
            disk_mib: None,
            ports: Vec::new(),
        };
        let outcome = self.app.run(&self.visitor, Command::Template(publish), "words").await.unwrap();
        let Outcome::Job(watch) = outcome else { panic!("publishing is a job") };
        *watch
    }

    async fn until(&self, what: &str, is: impl AsyncFn() -> bool) {
        for _ in 0..1000 {
            if is().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("waited in vain: {what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_that_fails_leaves_nothing() {
    let house = staffed("publish").await;
    for step in [Step::Export, Step::Publish] {
        let mut watch = house.publish().await;
        watch.now.wait_for(|now| now.progress.step == step).await.unwrap();
        house.sim.fail_next(EngineError::NoSpace);
        let (end, state) = house.end(watch).await;
        assert_eq!(end.unwrap_err().id, "error-no-space", "{step:?}");
        assert!(matches!(state, JobState::Failed(_)), "{step:?}");
        let forgotten = async || house.app.store.templates().await.unwrap().is_empty();
        house.until("the version is forgotten", forgotten).await;
        assert_eq!(house.sim.published(), [], "{step:?}");
        let seat = house.vm().await.unwrap().seat.to_string();
        let left = std::fs::read_dir(house.app.config.backup.dir.join(seat)).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["seat.json"], "{step:?}: an archive is left");
    }
    let watch = house.publish().await;
    house.end(watch).await.0.unwrap();
    assert_eq!(house.app.store.templates().await.unwrap()[0].version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_go_now_goes_when_the_engine_is_back() {
    let house = staffed("retire").await;
    let watch = house.publish().await;
    house.end(watch).await.0.unwrap();
    house.sim.set_away(true);
    let retire =
        Command::Template(TemplateCommand::Retire { template: "tomcat".parse().unwrap(), course: None });
    house.app.run(&house.visitor, retire, "words").await.unwrap();
    let removed = async || house.app.store.templates().await.unwrap()[0].removed.is_some();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!removed().await, "it said that an image was gone which nobody could remove");
    house.sim.set_away(false);
    house.until("the image is gone", removed).await;
    assert_eq!(house.sim.published(), []);
}
