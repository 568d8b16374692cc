//! What a machine that was deleted was known by.

use super::*;

#[tokio::test]
async fn the_next_of_the_name_in_the_seat_has_them_and_no_more_are_kept_than_machines_fit() {
    let (_folder, store, _, _, seat) = one().await;
    let seat = seat.id;
    let kept = async |name: &str| store.kept_host_keys(seat, &name.parse().unwrap()).await.unwrap();
    let keep = async |name: &str, keys: &str, later| {
        store.keep_host_keys(seat, &name.parse().unwrap(), keys, at(later)).await.unwrap();
    };
    assert_eq!(kept("web1").await, None);
    keep("web1", "old", 0).await;
    keep("web1", "new", 1).await;
    assert_eq!((kept("web1").await.as_deref(), kept("web2").await), (Some("new"), None));
    let other = store.kept_host_keys(SeatId(99), &"web1".parse().unwrap()).await.unwrap();
    assert_eq!(other, None);
    for later in 2..=63 {
        keep(&format!("m{later}"), "more", later).await;
    }
    assert_eq!(kept("web1").await.as_deref(), Some("new"));
    keep("last", "more", 64).await;
    assert_eq!(kept("web1").await, None, "the oldest goes");
    store.forget_host_keys(seat, &"last".parse().unwrap()).await.unwrap();
    assert_eq!(kept("last").await, None);
}
