//! Who has made their machine's files such that reading them does not end holds up nobody but themselves.

use super::*;
use crate::app::find;
use crate::app::host_keys::PATIENCE;

impl House {
    async fn keys_of(&self, vm: &Vm, patience: Duration) -> std::result::Result<usize, &'static str> {
        let actor = self.app.store.actor(self.visitor.person).await.unwrap().unwrap();
        let line = audit::Event::note("test");
        let ctx = Ctx::new(&self.app, &self.visitor, actor, line);
        let wanted = VmRef { name: vm.name.clone(), seat: Some(vm.seat_name.clone()) };
        let permit = find::permit(&ctx, &wanted, Action::VmView).await.unwrap();
        self.app.host_keys(permit, patience).await.map(|keys| keys.len()).map_err(|error| error.id)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_does_not_say_them_is_asked_once_and_then_left_alone() {
    let house = house("host-keys").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let soon = Duration::from_millis(50);
    assert_eq!(house.keys_of(&vm, PATIENCE).await, Ok(1));
    house.sim.set_stuck(vm.vmid, true);
    let begun = std::time::Instant::now();
    while begun.elapsed() < PATIENCE + soon {
        assert_eq!(house.keys_of(&vm, soon).await, Err("error-host-keys-late"));
    }
    assert_eq!(house.sim.stuck(vm.vmid), 1, "whoever comes waits for the one reading");
    // Who waits when it says them at last has them; it is not believed to be quick now.
    let (said, ()) = tokio::join!(house.keys_of(&vm, PATIENCE), async {
        tokio::time::sleep(soon).await;
        house.sim.set_stuck(vm.vmid, false);
    });
    assert_eq!(said, Ok(1));
    assert_eq!(house.keys_of(&vm, PATIENCE).await, Err("error-host-keys-late"));
}
