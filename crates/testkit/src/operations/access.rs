//! Cases of users and permissions.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, FixedClock, Json, Listing, Name, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{Actor, PasswordHash, Permission, PermissionFilter, PermissionKey, User, UserFilter},
    port::Keyed,
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::{day, new_id},
    keyed::{self, KeyedRows, all, some},
    parsed,
    series::{inserted, unchanged},
};

/// Users, as the shared cases see them.
#[derive(Debug)]
pub struct Users;

/// Hashing is slow on purpose, so it is done once.
static HASH: LazyLock<PasswordHash> =
    LazyLock::new(|| PasswordHash::of("correct horse", [1; 16]).unwrap_or_else(|error| panic!("{error}")));

#[async_trait]
impl KeyedRows for Users {
    type Row = User;

    const DATASET: Dataset = Dataset::Users;

    fn row(number: usize, recorded_at: Timestamp) -> User {
        let name = parsed(&format!("user {}", 1_000 - number));
        let email = Some(format!("user-{number}@example.com"));
        User { email, recorded_at, ..User::new(name, HASH.clone(), parsed("trader"), day(0)) }
    }

    fn altered(row: User) -> User {
        User { role: parsed("viewer"), ..row }
    }

    fn invalid(row: User) -> Option<User> {
        Some(User { email: Some("nobody".to_owned()), ..row })
    }

    async fn upsert(store: &dyn Store, rows: &[User]) -> Result<Upserted> {
        store.upsert_users(rows).await
    }

    async fn get(store: &dyn Store, key: &Name) -> Result<Option<User>> {
        store.get_user(*key).await
    }

    async fn list(store: &dyn Store, filter: &UserFilter) -> Result<Vec<User>> {
        store.list_users(filter).await
    }

    async fn delete(store: &dyn Store, key: &Name) -> Result<bool> {
        store.delete_user(*key).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        keyed::cases::<Users>(),
        cases![
            every_field_comes_back,
            a_mail_address_belongs_to_one_user,
            filters_keep_what_they_name,
            the_last_login_is_noted,
            a_new_store_has_nine_permissions,
            permissions_are_granted_and_taken_back,
            a_user_may_do_what_the_role_permits,
            the_audit_tells_that_a_password_changed,
            a_login_needs_a_known_active_user_and_the_password
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and the password that comes back is the one that was set.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let full = User { is_active: false, last_login: Some(day(2)), recorded_at: day(3), ..Users::row(0, day(0)) };
    let missing = User { email: None, ..Users::row(1, day(0)) };
    store.upsert_users(&[full.clone(), missing.clone()]).await?;
    assert_eq!(store.get_user(full.name).await?, Some(full));
    let found = store.get_user(missing.name).await?;
    assert!(found.as_ref().is_some_and(|user| user.verify_password("correct horse")));
    assert!(!found.as_ref().is_some_and(|user| user.verify_password("correct hors")));
    assert_eq!(found, Some(missing));
    Ok(())
}

/// Two users have no mail address in common, whether both are new, one is, or one takes it from the other.
async fn a_mail_address_belongs_to_one_user(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..4).map(|number| Users::row(number, day(0))).collect();
    let with = |row: &User, email: &User| User { email: email.email.clone(), ..row.clone() };
    store.upsert_users(&rows[..2]).await?;
    for batch in [
        vec![rows[2].clone(), with(&rows[3], &rows[2])],
        vec![rows[2].clone(), with(&rows[3], &rows[0])],
        vec![rows[2].clone(), with(&rows[0], &rows[1])],
    ] {
        let error = store.upsert_users(&batch).await.expect_err("one mail address");
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.context("email").is_some_and(|email| email.ends_with("@example.com")), "{error}");
        assert_eq!(all::<Users>(&*store).await?.len(), 2, "the whole batch is refused");
    }
    let exchanged = [with(&rows[0], &rows[1]), with(&rows[1], &rows[0])];
    store.upsert_users(&exchanged).await?;
    let without = [2, 3].map(|number| User { email: None, ..rows[number].clone() });
    assert_eq!(store.upsert_users(&without).await?, inserted(2), "no address is no address in common");
    Ok(())
}

/// A filter restricts the list to users of a role, to active or inactive ones, or both.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut rows = some::<Users>(4);
    rows[1].role = parsed("admin");
    rows[2].is_active = false;
    rows[3].role = parsed("admin");
    rows[3].is_active = false;
    store.upsert_users(&rows).await?;
    let kept = async |role: Option<&str>, is_active| {
        let found = store.list_users(&UserFilter { role: role.map(parsed), is_active }).await?;
        let place = |found| rows.iter().position(|row| row == found);
        Ok::<_, strikebook_core::Error>(found.iter().filter_map(place).collect::<Vec<_>>())
    };
    assert_eq!(kept(None, None).await?, [0, 1, 2, 3]);
    assert_eq!(kept(Some("admin"), None).await?, [1, 3]);
    assert_eq!(kept(None, Some(true)).await?, [0, 1]);
    assert_eq!(kept(Some("admin"), Some(false)).await?, [3]);
    Ok(())
}

/// A login is noted with its instant, unless a later one is; of an unknown user it is an error.
async fn the_last_login_is_noted(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let user = Users::row(0, day(0));
    store.upsert_users(std::slice::from_ref(&user)).await?;
    let logged_in = store.note_login(user.name, day(5)).await?;
    assert_eq!(logged_in, User { last_login: Some(day(5)), recorded_at: day(5), ..user.clone() });
    assert_eq!(store.note_login(user.name, day(4)).await?, logged_in);
    assert_eq!(store.get_user(user.name).await?, Some(logged_in));
    let error = store.note_login(parsed("nobody"), day(5)).await.expect_err("an unknown user");
    assert_eq!((error.kind(), error.context("user")), (ErrorKind::NotFound, Some("nobody")), "{error}");
    Ok(())
}

/// A new store has nine permissions: an admin's, five of a trader, three of a viewer.
async fn a_new_store_has_nine_permissions(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let found = store.list_permissions(&PermissionFilter::default()).await?;
    let keys: Vec<_> = found.iter().map(|one| format!("{}: {} {}", one.role, one.action, one.resource)).collect();
    let expected = [
        "admin: * *",
        "trader: * orders",
        "trader: read portfolio",
        "trader: read signals",
        "trader: read strategies",
        "trader: update strategies",
        "viewer: read portfolio",
        "viewer: read signals",
        "viewer: read strategies",
    ];
    assert_eq!(keys, expected);
    let defaults = Permission::defaults()?;
    assert!(found.iter().all(|one| defaults.contains(one)), "{found:?}");
    let of_viewers = store.list_permissions(&PermissionFilter { role: Some(parsed("viewer")) }).await?;
    assert_eq!(of_viewers, found[6..]);
    Ok(())
}

/// Permissions are granted once and taken back, those of a new store too, and come back as they were granted.
async fn permissions_are_granted_and_taken_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let granted = Permission {
        role: parsed("auditor"),
        resource: parsed("audit_log"),
        action: parsed("read"),
        granted_by: Some(parsed("alice")),
        recorded_at: day(1),
    };
    assert_eq!(store.grant_permissions(&[]).await?, Upserted::default());
    assert_eq!(store.grant_permissions(std::slice::from_ref(&granted)).await?, inserted(1));
    assert_eq!(store.grant_permissions(std::slice::from_ref(&granted)).await?, unchanged(1));
    let of_role = |role: &str| PermissionFilter { role: Some(parsed(role)) };
    assert_eq!(store.list_permissions(&of_role("auditor")).await?, std::slice::from_ref(&granted));
    let admin = PermissionKey { role: parsed("admin"), resource: parsed("*"), action: parsed("*") };
    for (key, role) in [(Keyed::key(&granted), "auditor"), (admin, "admin")] {
        assert!(store.revoke_permission(&key).await?);
        assert!(!store.revoke_permission(&key).await?);
        assert_eq!(store.list_permissions(&of_role(role)).await?, []);
    }
    Ok(())
}

/// A user may do what a permission of the role covers, where a star covers everything; an inactive or unknown user
/// nothing.
async fn a_user_may_do_what_the_role_permits(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let user = |name: &str, role: &str| User::new(parsed(name), HASH.clone(), parsed(role), day(0));
    let gone = User { is_active: false, ..user("gone", "admin") };
    let users = [user("ann", "admin"), user("tom", "trader"), user("vic", "viewer"), user("joe", "janitor"), gone];
    store.upsert_users(&users).await?;
    for (name, resource, action, expected) in [
        ("ann", "orders", "delete", true),
        ("ann", "anything", "whatever", true),
        ("tom", "orders", "delete", true),
        ("tom", "strategies", "update", true),
        ("tom", "strategies", "delete", false),
        ("tom", "users", "read", false),
        ("tom", "order", "read", false),
        ("vic", "portfolio", "read", true),
        ("vic", "orders", "read", false),
        ("vic", "*", "read", false),
        ("vic", "portfolio", "*", false),
        ("joe", "portfolio", "read", false),
        ("gone", "portfolio", "read", false),
        ("nobody", "portfolio", "read", false),
        ("admin", "portfolio", "read", false),
    ] {
        let allowed = store.is_allowed(parsed(name), parsed(resource), parsed(action)).await?;
        assert_eq!(allowed, expected, "{name} {action} {resource}");
    }
    Ok(())
}

/// The audit records that a password changed, for this change only, and neither password nor hash.
async fn the_audit_tells_that_a_password_changed(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let user = Users::row(0, day(0));
    let audited = store.audited(Actor::new(parsed("ann"), Arc::new(FixedClock(day(1))), new_id));
    let other = User { password: PasswordHash::of("battery staple", [2; 16])?, ..user.clone() };
    let viewer = User { role: parsed("viewer"), ..other.clone() };
    let both = User { role: parsed("admin"), password: HASH.clone(), ..viewer.clone() };
    for row in [&user, &other, &viewer, &both] {
        audited.upsert_users(std::slice::from_ref(row)).await?;
        audited.upsert_users(std::slice::from_ref(row)).await?;
    }
    audited.note_login(user.name, day(2)).await?;
    audited.delete_user(user.name).await?;
    let recorded = store.list_audit(&Listing::default()).await?.items;
    assert!(!format!("{recorded:?}").contains("argon2"), "{recorded:?}");
    let hashes = [&user, &other].map(|user| user.password.as_phc().rsplit('$').next().unwrap_or_default().to_owned());
    assert!(hashes.iter().all(|hash| !format!("{recorded:?}").contains(hash)), "{recorded:?}");
    let mut reported: Vec<_> = recorded
        .iter()
        .map(|entry| {
            let reported = |value: &Option<Json>, field: &str| {
                let value =
                    value.as_ref().and_then(|value| value.as_value().get(field)).and_then(|value| value.as_str());
                value.unwrap_or("-").to_owned()
            };
            assert_eq!(reported(&entry.old_value, "password"), "-", "{entry:?}");
            [
                reported(&entry.old_value, "role"),
                reported(&entry.new_value, "role"),
                reported(&entry.new_value, "password"),
            ]
        })
        .collect();
    reported.sort();
    let mut expected = [
        ["-", "trader", "-"],
        ["trader", "trader", "changed"],
        ["trader", "viewer", "-"],
        ["viewer", "admin", "changed"],
        ["admin", "admin", "-"],
        ["admin", "-", "-"],
    ];
    expected.sort_unstable();
    assert_eq!(reported, expected);
    Ok(())
}

/// A login succeeds with the password of an active user who is known, and not otherwise.
async fn a_login_needs_a_known_active_user_and_the_password(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let user = Users::row(0, day(0));
    let gone = User { is_active: false, ..Users::row(1, day(0)) };
    store.upsert_users(&[user.clone(), gone.clone()]).await?;
    for (name, password, expected) in [
        (user.name, "correct horse", Some(user.clone())),
        (user.name, "battery staple", None),
        (user.name, "", None),
        (gone.name, "correct horse", None),
        (parsed("nobody"), "correct horse", None),
    ] {
        assert_eq!(User::verify_login(store.get_user(name).await?, password), expected, "{name}");
    }
    let longest = "x".repeat(PasswordHash::MAX_PASSWORD_BYTES);
    let patient = User { password: PasswordHash::of(&longest, [3; 16])?, ..user };
    store.upsert_users(std::slice::from_ref(&patient)).await?;
    let found = store.get_user(patient.name).await?;
    assert_eq!(User::verify_login(found.clone(), &format!("{longest}x")), None, "longer than a password may be");
    assert_eq!(User::verify_login(found, &longest), Some(patient));
    Ok(())
}
