//! Access: users, their passwords, and what their roles may do.

mod password;

use std::{fmt, hint::black_box};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use password::PasswordHash;

use crate::{
    Error, Keyed, Name, Result, Timestamp, Upserted,
    validate::{check, text},
};

/// Someone who uses the system, a person or a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// The name, which no other user has.
    pub name: Name,
    /// The address for mail, which no other user has.
    pub email: Option<String>,
    /// What is kept of the password; it is not serialised.
    #[serde(skip)]
    pub password: PasswordHash,
    /// The role, which says what the user may do.
    pub role: Name,
    /// Whether the user may do anything at all.
    pub is_active: bool,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user last logged in; `None` for never.
    pub last_login: Option<Timestamp>,
    /// When we learned what the user is now.
    pub recorded_at: Timestamp,
}

impl User {
    /// An active user without a mail address, who never logged in.
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

    /// Tells whether a password is the user's, who is active. A password longer than
    /// [`MAX_PASSWORD_BYTES`](PasswordHash::MAX_PASSWORD_BYTES) is not.
    ///
    /// At a login use [`verify_login`](Self::verify_login): to verify nothing for a user who does not exist tells
    /// everyone who does.
    pub fn verify_password(&self, password: &str) -> bool {
        self.password.is_of(password) && self.is_active
    }

    /// Returns the user who was found by a login's name, if the password is right and the user is active; `None`
    /// otherwise.
    ///
    /// A login of an unknown user costs what one of a known user does, whose hash has the
    /// [costs](PasswordHash::is_current) of a new one: the password is hashed in any case. It takes one core some tens
    /// of milliseconds, so a server calls this where it may block.
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
        // Were the answer for an unknown user known beforehand, the work could be left out.
        let is_right = black_box(Self::hash_to_verify(found.as_ref()).is_of(password));
        found.filter(|user| is_right && user.is_active)
    }

    /// Returns the hash that a login's password is verified against.
    fn hash_to_verify(found: Option<&Self>) -> &PasswordHash {
        match found {
            Some(user) => &user.password,
            None => PasswordHash::decoy(),
        }
    }
}

/// What a list of users is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Users with this role.
    pub role: Option<Name>,
    /// Users that are active, or that are not.
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
                Err(Error::invalid_input("a mail address has an @ within").with("field", "email").with("value", email))
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

/// What a role may do to what; `*` stands for every resource or action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PermissionKey {
    /// The role.
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

/// That a role may do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// The role.
    pub role: Name,
    /// The resource, or `*` for every one.
    pub resource: Name,
    /// The action, or `*` for every one.
    pub action: Name,
    /// Who granted it; `None` for what every store has from the beginning.
    pub granted_by: Option<Name>,
    /// When it was granted.
    pub recorded_at: Timestamp,
}

/// What every new store permits.
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
    /// The permissions of a new store: an admin may do everything; a trader may trade, see signals and the portfolio,
    /// and see and change strategies; a viewer may see strategies, signals and the portfolio.
    pub fn defaults() -> Vec<Self> {
        let permission = |[role, resource, action]: [&str; 3]| {
            Ok(Self {
                role: Name::new(role)?,
                resource: Name::new(resource)?,
                action: Name::new(action)?,
                granted_by: None,
                recorded_at: Timestamp::from_micros(0)?,
            })
        };
        let rows = DEFAULTS.into_iter().map(permission).collect::<Result<Vec<_>>>();
        // Every word of them is a name.
        rows.unwrap_or_default()
    }

    /// Whether it lets its role do something.
    pub fn covers(&self, resource: Name, action: Name) -> bool {
        let is = |pattern: Name, word: Name| pattern.as_str() == "*" || pattern == word;
        is(self.resource, resource) && is(self.action, action)
    }
}

/// What a list of permissions is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermissionFilter {
    /// Permissions of this role.
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

/// Users and permissions.
///
/// Every method that reads a user fails with [`Corrupt`](crate::ErrorKind::Corrupt) when somebody else has stored a
/// [password hash](PasswordHash) there that is out of bounds: no login may cost what that hash asks for.
/// [`delete_user`](Self::delete_user) by a store that is not audited reads nothing, and takes such a user away.
#[async_trait]
pub trait AccessRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores users, each in the place of the one with its name.
    ///
    /// A user equal in everything but `recorded_at` is unchanged. Of several with one name the last counts, and the
    /// others are repeated. An empty batch is fine and does nothing. Either all users are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Keyed::validate), with its index as
    /// `row`: a mail address without an @. [`Conflict`](crate::ErrorKind::Conflict) when two users would have one mail
    /// address, with the `email`.
    ///
    /// # Cancel safety
    /// A dropped call stores all users or none.
    async fn upsert_users(&self, users: &[User]) -> Result<Upserted>;

    /// The user with a name; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_user(&self, name: Name) -> Result<Option<User>>;

    /// The users that a filter admits, in the order of their names.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_users(&self, filter: &UserFilter) -> Result<Vec<User>>;

    /// Notes that a user logged in at an instant, and returns the user. An instant before the last login changes
    /// nothing. The caller [verifies](User::verify_login) the password before.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is no such user.
    ///
    /// # Cancel safety
    /// A dropped call notes it or not.
    async fn note_login(&self, name: Name, at: Timestamp) -> Result<User>;

    /// Deletes the user with a name, and tells whether there was one. What the user did stays in the audit.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes the user or not.
    async fn delete_user(&self, name: Name) -> Result<bool>;

    /// Grants permissions. One that is granted already by the same user is unchanged, and of several with one key the
    /// last counts. A new store has the [defaults](Permission::defaults). Either all are granted or none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call grants all permissions or none.
    async fn grant_permissions(&self, permissions: &[Permission]) -> Result<Upserted>;

    /// The permissions that a filter admits, in the order of roles, resources and actions.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_permissions(&self, filter: &PermissionFilter) -> Result<Vec<Permission>>;

    /// Takes a permission back, and tells whether it was granted.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call takes it back or leaves it.
    async fn revoke_permission(&self, key: &PermissionKey) -> Result<bool>;

    /// Whether a user may do something: there is such a user, who is active, and a permission of the user's role
    /// [covers](Permission::covers) it.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn is_allowed(&self, user: Name, resource: Name, action: Name) -> Result<bool>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> User {
        let name = |text| Name::new(text).expect("a name");
        let hash = PasswordHash::of("correct horse").expect("a hash");
        User::new(name("alice"), hash, name("trader"), Timestamp::MIN)
    }

    #[test]
    fn a_user_shows_no_hash() {
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
    fn a_login_of_an_unknown_user_is_hashed_too() {
        let user = alice();
        assert_eq!(User::hash_to_verify(Some(&user)), &user.password);
        assert_eq!(User::hash_to_verify(None), PasswordHash::decoy());
    }

    #[test]
    fn nine_permissions_are_there_from_the_beginning() {
        assert_eq!(Permission::defaults().len(), DEFAULTS.len());
    }
}
