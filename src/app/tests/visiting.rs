//! Whose keys are in a machine while they help there, and that they come out whatever ends in between.

use super::*;
use crate::app::forward::Passage;
use crate::app::presence::Present;
use puerta_store as store;

const STUDENT: &str = "ssh-ed25519 x";
const TEACHER: &str = "ssh-ed25519 p";

struct Helper {
    house: House,
    vm: Vm,
    teacher: Arc<Visitor>,
    _present: Present,
}

/// `alumno1` with `web1`, and a teacher who is connected.
async fn helper(name: &str) -> Helper {
    let house = house(name).await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let key = NewKey {
        algorithm: "ssh-ed25519".into(),
        fingerprint: "SHA256:p".into(),
        comment: String::new(),
        line: TEACHER.into(),
    };
    let new = NewPerson {
        login: "luisa".parse().unwrap(),
        name: String::new(),
        role: Role::Profesor,
        course: None,
        key: Some(key),
        code: None,
    };
    let person = house.app.store.add_person(new, clock::now()).await.unwrap().apart().0.0;
    let teacher = Visitor { person: person.id, login: person.login, ..house.visitor.clone() };
    let teacher = Arc::new(Visitor { connection: "t".into(), ..teacher });
    let present = house.app.presence.connection(&teacher, |_| ()).unwrap();
    Helper { house, vm, teacher, _present: present }
}

impl Helper {
    async fn enter(&self, port: u32) -> Passage {
        self.house.app.open_forward(&self.teacher, "web1.alumno1", port, "test").await.unwrap()
    }

    async fn leave(&self, passage: Passage) {
        self.house.app.close_forward(passage, audit::Outcome::Done).await;
    }

    fn inside(&self) -> Vec<String> {
        self.house.sim.authorized_keys(self.vm.vmid).unwrap()
    }

    async fn rows(&self) -> usize {
        self.house.app.store.visits(None).await.unwrap().len()
    }

    /// Waits until the teacher's key is out and that is known.
    async fn out(&self) {
        while self.inside() != [STUDENT] || self.rows().await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Begin and finish of visits.
    async fn told(&self) -> [usize; 2] {
        self.house.app.audit.flush().await.unwrap();
        let text = std::fs::read_to_string(self.house.app.config.audit()).unwrap();
        ["begin", "finish"].map(|phase| {
            let is = |line: &&str| {
                line.contains("\"code\":\"visit\"") && line.contains(&format!("\"phase\":\"{phase}\""))
            };
            text.lines().filter(is).count()
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_teachers_key_is_in_from_before_the_first_connection_until_after_the_last() {
    let helper = helper("visit").await;
    let first = helper.enter(22).await;
    assert_eq!(helper.inside(), [STUDENT, TEACHER], "it is there when the machine is dialled");
    let second = helper.enter(22).await;
    let shown = house_shows(&helper).await;
    assert_eq!(shown, ["luisa"], "its owner sees who is in it, once");
    helper.leave(first).await;
    // Whoever else writes keys meanwhile writes those of who is there still.
    helper.house.app.hand_keys_of(vec![helper.vm.seat]);
    while helper.rows().await > 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(helper.inside(), [STUDENT, TEACHER]);
    helper.leave(second).await;
    helper.out().await;
    while helper.told().await != [2, 2] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(house_shows(&helper).await.is_empty());
}

async fn house_shows(helper: &Helper) -> Vec<String> {
    let show = Command::Vm(VmCommand::Show(web1()));
    let shown = helper.house.app.run(&helper.house.visitor, show, "words").await.unwrap();
    let Outcome::Reply(reply) = shown else { panic!("a reply is wanted") };
    let Reply::Vm(crate::app::reply::VmReply::One(view)) = *reply else { panic!("{reply:?}") };
    view.visitors.into_iter().map(|visit| visit.login).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_goes_in_for_other_ports_or_into_ones_own_machine() {
    let helper = helper("visit-none").await;
    let passage = helper.enter(80).await;
    assert_eq!((helper.inside(), helper.rows().await), (vec![STUDENT.to_owned()], 0));
    helper.leave(passage).await;
    let student = Arc::new(helper.house.visitor.clone());
    let _present = helper.house.app.presence.connection(&student, |_| ()).unwrap();
    let own = helper.house.app.open_forward(&student, "web1", 22, "test").await.unwrap();
    assert_eq!((helper.inside(), helper.rows().await), (vec![STUDENT.to_owned()], 0));
    helper.leave(own).await;
    assert_eq!(helper.told().await, [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_puerta_left_inside_comes_out_at_the_next_start() {
    let helper = helper("visit-killed").await;
    let app = &helper.house.app;
    let visit = store::Visit {
        id: "before-1".into(),
        vm: helper.vm.id,
        person: helper.teacher.person,
        login: helper.teacher.login.clone(),
        connection: "before".into(),
        begun: clock::now(),
    };
    app.store.begin_visit(&visit).await.unwrap();
    let lines = [STUDENT.to_owned(), TEACHER.to_owned()];
    helper
        .house
        .sim
        .hand(&permit(app, helper.vm.clone()), &Handed { keys: lines.into(), hosts: vec![] })
        .await
        .unwrap();
    let minding = tokio::spawn(crate::app::handing::mind(Arc::clone(app)));
    helper.out().await;
    minding.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_visit_stands_while_its_key_cannot_be_taken_out() {
    let helper = helper("visit-away").await;
    let app = &helper.house.app;
    let passage = helper.enter(22).await;
    helper.house.sim.set_away(true);
    helper.leave(passage).await;
    while app.owed.all() != [helper.vm.id] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    app.hand_owed().await;
    assert_eq!(helper.rows().await, 1, "it is in there still, and that is known");
    assert_eq!(helper.told().await, [1, 0]);
    helper.house.sim.set_away(false);
    assert_eq!(helper.inside(), [STUDENT, TEACHER]);
    app.hand_owed().await;
    helper.out().await;
    // A job has the machine: its key goes in and out when that ends.
    let stop = jobs::stop::Stop::GENTLY;
    let job = app.begin_job(&stop, &helper.vm, None, None).await.unwrap();
    let passage = helper.enter(22).await;
    assert_eq!((helper.inside(), helper.rows().await), (vec![STUDENT.to_owned()], 1));
    let watch = app.launch(job, permit(app, helper.vm.clone()), stop);
    helper.house.end(watch).await.0.unwrap();
    while helper.inside() != [STUDENT, TEACHER] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    helper.leave(passage).await;
    helper.out().await;
}
