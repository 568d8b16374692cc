//! What the lab takes from where when it installs what is missing.

use crate::house::Said;
use std::process::Command;

/// Of the backports only Incus and what it needs, also when they are known already: a newer ssh on the computer is
/// nothing that a lab is asked for, and what goes with the ssh that is there could not be installed any more.
#[test]
fn only_incus_comes_from_the_backports() {
    let mut own = Command::new("unshare");
    own.args(["--mount", "--propagation", "private", "bash", "-c", include_str!("packages.sh"), "packages"]);
    let said = Said::of(own.args(["/mnt", env!("CARGO_MANIFEST_DIR")])).well();
    let wanted = "incus-base=6.0.4 liblxc1=6.0 mmdebstrap=1.3 openssh-sftp-server=1:9.2";
    assert_eq!(said, format!("first: {wanted}\nagain: {wanted}\n"));
}
