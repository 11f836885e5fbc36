//! Access: users, passwords, and the permissions of roles.

mod password;

use std::{fmt, hint::black_box};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use password::PasswordHash;

use crate::{
    Error, ErrorKind, Name, Result, Timestamp, Upserted,
    port::Keyed,
    validate::{check, text},
};

/// A user of the system, a person or a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// The name of the user, unique among users.
    pub name: Name,
    /// The unique e-mail address.
    pub email: Option<String>,
    /// The hash of the password; never serialised.
    #[serde(skip)]
    pub password: PasswordHash,
    /// The role, which carries the permissions.
    pub role: Name,
    /// True if the user may log in and act.
    pub is_active: bool,
    /// The instant of the user's creation.
    pub created_at: Timestamp,
    /// The instant of the last login; `None` for never.
    pub last_login: Option<Timestamp>,
    /// The knowledge time of the present values.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(User);

impl User {
    /// Creates an active user without an e-mail address or a login.
    pub fn new(name: Name, password: PasswordHash, role: Name, created_at: Timestamp) -> Self {
        Self {
            name,
            email: None,
            password,
            role,
            is_active: true,
            created_at,
            last_login: None,
            recorded_at: created_at,
        }
    }

    /// Returns true if the password is right and the user is active. A password longer than
    /// [`MAX_PASSWORD_BYTES`](PasswordHash::MAX_PASSWORD_BYTES) is never right.
    ///
    /// Use [`verify_login`](Self::verify_login) for logins: skipping the verification for an unknown user would
    /// reveal which users exist.
    pub fn verify_password(&self, password: &str) -> bool {
        self.password.is_of(password) && self.is_active
    }

    /// Returns the user found by a login's name if the password is right and the user is active, otherwise `None`.
    ///
    /// The password is hashed in any case, so that a login takes the same time for an unknown user as for a known one
    /// whose hash has [current costs](PasswordHash::is_current). Hashing takes some tens of milliseconds of one core:
    /// call this method on a thread that may block.
    ///
    /// ```
    /// use strikebook_core::{
    ///     Name, Result, Timestamp,
    ///     operations::{AccessRepository, User},
    /// };
    ///
    /// async fn log_in(store: &dyn AccessRepository, name: Name, password: &str, now: Timestamp) -> Result<Option<User>> {
    ///     let Some(user) = User::verify_login(store.get_user(name).await?, password) else { return Ok(None) };
    ///     store.note_login(user.name, now).await.map(Some)
    /// }
    /// ```
    #[must_use]
    pub fn verify_login(found: Option<Self>, password: &str) -> Option<Self> {
        // The `black_box` keeps the compiler from skipping the work for an unknown user, whose result is known.
        let is_right = black_box(Self::hash_to_verify(found.as_ref()).is_of(password));
        found.filter(|user| is_right && user.is_active)
    }

    /// Returns the hash against which the password of a login is verified.
    fn hash_to_verify(found: Option<&Self>) -> &PasswordHash {
        match found {
            Some(user) => &user.password,
            None => PasswordHash::decoy(),
        }
    }
}

/// The conditions of a list of users. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// The role of the users.
    pub role: Option<Name>,
    /// True for active users, false for inactive ones.
    pub is_active: Option<bool>,
}

impl Keyed for User {
    const NAME: &'static str = "user";

    type Key = Name;
    type Filter = UserFilter;

    fn key(&self) -> Name {
        self.name
    }

    fn validate(&self) -> Result<()> {
        check!(text, self.email.as_deref() => "email");
        match &self.email {
            Some(email) if !email.trim_matches('@').contains('@') => {
                Err(Error::invalid_input("an e-mail address must contain @ between other characters")
                    .with("field", "email")
                    .with("value", email))
            }
            _ => Ok(()),
        }
    }

    fn is_admitted_by(&self, filter: &UserFilter) -> bool {
        filter.role.is_none_or(|role| self.role == role)
            && filter.is_active.is_none_or(|active| self.is_active == active)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }

    fn secrets_changed_since(&self, old: &Self) -> &'static [&'static str] {
        if self.password == old.password { &[] } else { &["password"] }
    }
}

/// The key of a permission: role, resource and action. `*` matches every resource or action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PermissionKey {
    /// The role with the permission.
    pub role: Name,
    /// The resource, such as `orders`.
    pub resource: Name,
    /// The action, such as `read`.
    pub action: Name,
}

impl fmt::Display for PermissionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.role, self.resource, self.action)
    }
}

/// The permission of a role to apply an action to a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// The role with the permission.
    pub role: Name,
    /// The resource, or `*` for all.
    pub resource: Name,
    /// The action, or `*` for all.
    pub action: Name,
    /// The user who granted the permission; `None` for the permissions of a new store.
    pub granted_by: Option<Name>,
    /// The knowledge time: when the permission was granted.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Permission);

/// The permissions of a new store.
const DEFAULTS: [[&str; 3]; 9] = [
    ["admin", "*", "*"],
    ["trader", "strategies", "read"],
    ["trader", "strategies", "update"],
    ["trader", "signals", "read"],
    ["trader", "orders", "*"],
    ["trader", "portfolio", "read"],
    ["viewer", "strategies", "read"],
    ["viewer", "signals", "read"],
    ["viewer", "portfolio", "read"],
];

impl Permission {
    /// Returns the permissions of a new store: an admin may do everything; a trader may trade, see signals and the
    /// portfolio, and see and change strategies; a viewer may see strategies, signals and the portfolio.
    ///
    /// # Errors
    /// [`Internal`](ErrorKind::Internal) when a word of this list is not a valid name.
    pub fn defaults() -> Result<Vec<Self>> {
        let permission = |[role, resource, action]: [&str; 3]| {
            Ok(Self {
                role: Name::new(role)?,
                resource: Name::new(resource)?,
                action: Name::new(action)?,
                granted_by: None,
                recorded_at: Timestamp::from_micros(0)?,
            })
        };
        let rows = DEFAULTS.into_iter().map(permission).collect::<Result<_>>();
        rows.map_err(|error| Error::new(ErrorKind::Internal, "a default permission is not valid").caused_by(error))
    }

    /// Returns true if the permission covers an action on a resource.
    pub fn covers(&self, resource: Name, action: Name) -> bool {
        let is = |pattern: Name, word: Name| pattern.as_str() == "*" || pattern == word;
        is(self.resource, resource) && is(self.action, action)
    }
}

/// The conditions of a list of permissions. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermissionFilter {
    /// The role of the permissions.
    pub role: Option<Name>,
}

impl Keyed for Permission {
    const NAME: &'static str = "permission";

    type Key = PermissionKey;
    type Filter = PermissionFilter;

    fn key(&self) -> PermissionKey {
        PermissionKey { role: self.role, resource: self.resource, action: self.action }
    }

    fn validate(&self) -> Result<()> {
        Ok(())
    }

    fn is_admitted_by(&self, filter: &PermissionFilter) -> bool {
        filter.role.is_none_or(|role| self.role == role)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// Users and the permissions of their roles.
/// Every method that reads a user returns [`Corrupt`](crate::ErrorKind::Corrupt) when another program has stored a
/// [password hash](PasswordHash) there that is out of bounds, so that no login pays that hash's costs.
/// [`delete_user`](Self::delete_user) on a store that is not audited reads nothing, and so deletes such a user.
///
/// ```
/// use strikebook_core::{
///     Name,
///     memory::MemoryStore,
///     operations::{AccessRepository, Permission, PermissionFilter},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let trader = PermissionFilter { role: Some(Name::new("trader")?) };
/// let permissions = store.list_permissions(&trader).await?;
/// let (orders, cancel) = (Name::new("orders")?, Name::new("cancel")?);
/// assert!(permissions.iter().any(|permission| permission.covers(orders, cancel)));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait AccessRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores users, which replace those with the same names, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert). A user that differs in nothing but `recorded_at` counts as unchanged.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) when two users would have the same e-mail address, with the `email`.
    async fn upsert_users(&self, users: &[User]) -> Result<Upserted>;

    /// Returns the user with a name; `None` when there is no such user.
    async fn get_user(&self, name: Name) -> Result<Option<User>>;

    /// Returns the users that a filter admits, in the order of their names.
    async fn list_users(&self, filter: &UserFilter) -> Result<Vec<User>>;

    /// Records a login of a user, and returns the user. A login before the last one changes nothing. The caller
    /// [verifies](User::verify_login) the password first.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such user.
    async fn note_login(&self, name: Name, at: Timestamp) -> Result<User>;

    /// Deletes the user with a name, and returns true if there was one. The user's actions stay in the audit.
    async fn delete_user(&self, name: Name) -> Result<bool>;

    /// Grants permissions, all or none. A permission that the same user has granted already counts as unchanged, and
    /// of several with one key the last one counts. A new store has the [defaults](Permission::defaults).
    async fn grant_permissions(&self, permissions: &[Permission]) -> Result<Upserted>;

    /// Returns the permissions that a filter admits, ordered by role, resource and action.
    async fn list_permissions(&self, filter: &PermissionFilter) -> Result<Vec<Permission>>;

    /// Revokes a permission, and returns true if it was granted.
    async fn revoke_permission(&self, key: &PermissionKey) -> Result<bool>;

    /// Returns true if a user may apply an action to a resource: the user exists and is active, and a permission of
    /// the user's role [covers](Permission::covers) both.
    async fn is_allowed(&self, user: Name, resource: Name, action: Name) -> Result<bool>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> User {
        let name = |text| Name::new(text).expect("a name");
        let hash = PasswordHash::of("correct horse", [1; 16]).expect("a hash");
        User::new(name("alice"), hash, name("trader"), Timestamp::MIN)
    }

    #[test]
    fn a_serialised_user_contains_no_hash() {
        let user = alice();
        let shown = format!("{user:?} {}", serde_json::to_string(&user).expect("JSON"));
        assert!(!shown.contains("argon2") && !shown.contains(user.password.as_phc()), "{shown}");
    }

    #[test]
    fn a_login_needs_a_known_active_user_and_the_password() {
        let user = alice();
        let inactive = User { is_active: false, ..user.clone() };
        assert!(user.verify_password("correct horse") && !user.verify_password("battery staple"));
        assert!(!inactive.verify_password("correct horse"));
        assert_eq!(User::verify_login(Some(user.clone()), "correct horse").as_ref(), Some(&user));
        for (found, password) in [
            (Some(user.clone()), "battery staple"),
            (Some(user), &"x".repeat(1 << 24)),
            (Some(inactive), "correct horse"),
            (None, "correct horse"),
            (None, ""),
        ] {
            assert_eq!(User::verify_login(found, password), None);
        }
    }

    #[test]
    fn a_login_of_an_unknown_user_hashes_the_password() {
        let user = alice();
        assert_eq!(User::hash_to_verify(Some(&user)), &user.password);
        assert_eq!(User::hash_to_verify(None), PasswordHash::decoy());
    }

    #[test]
    fn a_new_store_has_nine_permissions() {
        assert_eq!(Permission::defaults().expect("names").len(), DEFAULTS.len());
    }
}
