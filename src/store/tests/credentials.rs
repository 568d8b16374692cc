//! What persons log in with: passwords, one-time codes, keys.

use super::*;
use puerta_lab::names::Login;

#[tokio::test]
async fn a_new_password_uses_the_code_up_and_a_new_code_keeps_the_password() {
    let (_folder, store, _, alumno, _) = one().await;
    let code = |hash: &str| NewCode { hash: hash.into(), expires: at(5) };
    store.set_code(alumno.id, code("one")).await.unwrap();
    store.set_code(alumno.id, code("two")).await.unwrap();
    assert!(!store.take_code(alumno.id, "one").await.unwrap());
    store.set_password(alumno.id, "p1").await.unwrap();
    assert!(!store.take_code(alumno.id, "two").await.unwrap());
    store.set_code(alumno.id, code("three")).await.unwrap();
    store.set_password(alumno.id, "p2").await.unwrap();
    store.set_code(alumno.id, code("four")).await.unwrap();
    let both = store.credentials(alumno.id).await.unwrap();
    let wanted = (Some("p2".to_owned()), Some(code("four")));
    assert_eq!((both.password, both.code), wanted);
    let nobody = puerta_lab::model::PersonId(99);
    let gone = store.set_password(nobody, "p").await;
    assert!(matches!(gone, Err(StoreError::Gone)));
    let gone = store.set_code(nobody, code("five")).await;
    assert!(matches!(gone, Err(StoreError::Gone)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_is_taken_once() {
    let (_folder, store, _, alumno, _) = one().await;
    let code = NewCode { hash: "h1".into(), expires: at(5) };
    store.set_code(alumno.id, code).await.unwrap();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.take_code(alumno.id, "h1").await.unwrap() })
        })
        .collect();
    let mut taken = 0;
    for call in calls {
        taken += u32::from(call.await.unwrap());
    }
    assert_eq!(taken, 1);
    assert_eq!(store.credentials(alumno.id).await.unwrap().code, None);
}

#[tokio::test]
async fn keys_are_a_persons_own() {
    let (_folder, store, course, alumno1, _) = one().await;
    let (alumno10, _) = add(&store, "alumno10", Some(course.id)).await;
    let first = store.add_key(alumno1.id, key("ZZZ"), NOW).await.unwrap().apart().0;
    let second = store.add_key(alumno1.id, key("AAA"), at(1)).await.unwrap().apart().0;
    let same = store.add_key(alumno1.id, key("ZZZ"), NOW).await;
    assert!(matches!(same, Err(StoreError::Taken("key"))));
    let shared = store.add_key(alumno10.id, key("ZZZ"), NOW).await.unwrap().apart().0;
    let keys = store.keys(alumno1.id).await.unwrap();
    assert_eq!(keys, [first.clone(), second.clone()]);
    assert_eq!(second.line, "ssh-ed25519 AAA de casa");

    let found = store.key_of(&(&alumno10.login).into(), "SHA256:ZZZ").await.unwrap().unwrap();
    let actor = store.actor(alumno10.id).await.unwrap().unwrap();
    assert_eq!((found.person, &found.login, found.second_factor), (alumno10.id, &alumno10.login, false));
    assert_eq!(found.actor, actor);
    let none = store.key_of(&(&alumno10.login).into(), "SHA256:AAA").await.unwrap();
    assert_eq!(none, None);
    assert_eq!(store.key_of(&(&"nadie".parse::<Login>().unwrap()).into(), "SHA256:ZZZ").await.unwrap(), None);

    assert!(!store.remove_key(alumno1.id, shared.id).await.unwrap().apart().0);
    assert!(store.remove_key(alumno1.id, first.id).await.unwrap().apart().0);
    assert!(!store.remove_key(alumno1.id, first.id).await.unwrap().apart().0);
    assert_eq!(store.keys(alumno1.id).await.unwrap(), [second]);
    assert_eq!(store.keys(alumno10.id).await.unwrap(), [shared]);
    let gone = puerta_lab::model::PersonId(99);
    let gone = store.add_key(gone, key("AAA"), NOW).await;
    assert!(matches!(gone, Err(StoreError::Gone)));
}
