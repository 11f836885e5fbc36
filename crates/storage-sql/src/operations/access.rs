//! Users and permissions: keyed rows, and the check of an e-mail that must be unique.

use std::collections::BTreeMap;

use async_trait::async_trait;
use strikebook_core::{
    Error, ErrorKind, Name, Result, Timestamp, Upserted,
    operations::{AccessRepository, PasswordHash, Permission, PermissionFilter, PermissionKey, User, UserFilter},
    port::{check_keyed, last_by_key},
};

use crate::{
    codec::{ColumnType, Field, Record, Row, RowWriter, Value, stored},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::{Session, any, lock},
    shapes::keyed::{self, KeyedRow},
    sql::Sql,
};

impl Field for PasswordHash {
    const TYPE: ColumnType = ColumnType::Text;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.text(value.map(Self::as_phc))
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        row.text(column)?.map(|text| Self::from_phc(text).map_err(stored)).transpose()
    }
}

record! {
    User in Users {
        key { name: Name }
        value {
            email: Option<String>,
            password: PasswordHash,
            role: Name,
            is_active: bool,
            created_at: Timestamp,
            last_login: Option<Timestamp>,
        }
    }
}

impl KeyedRow for User {
    type Row = Self;

    fn key_values(key: &Name) -> Vec<Value> {
        vec![key.as_str().into()]
    }

    fn admitted(sql: Sql, filter: &UserFilter) -> Sql {
        sql.bind_some(" AND role = ", filter.role.as_ref().map(Name::as_str))
            .bind_some(" AND is_active = ", filter.is_active)
    }
}

record! {
    Permission in Permissions {
        key { role: Name, resource: Name, action: Name }
        value { granted_by: Option<Name> }
    }
}

impl KeyedRow for Permission {
    type Row = Self;

    fn key_values(key: &PermissionKey) -> Vec<Value> {
        [key.role, key.resource, key.action].map(|word| word.as_str().into()).to_vec()
    }

    fn admitted(sql: Sql, filter: &PermissionFilter) -> Sql {
        sql.bind_some(" AND role = ", filter.role.as_ref().map(Name::as_str))
    }
}

/// Refuses users of whom two would have one mail address. The index of addresses refuses them too, where the engine has
/// one, but does not tell the address.
fn check_emails(session: &mut dyn Session, users: &[User]) -> Result<()> {
    let shared =
        |email: &str| Error::new(ErrorKind::Conflict, "two users would have one mail address").with("email", email);
    let mut owners: BTreeMap<&str, Name> = BTreeMap::new();
    let last = last_by_key(users);
    for (name, user) in &last {
        if let Some(email) = user.email.as_deref()
            && owners.insert(email, *name).is_some()
        {
            return Err(shared(email));
        }
    }
    let emails: Vec<_> = owners.keys().copied().map(Value::from).collect();
    for of_emails in session.dialect().one_of("email", &emails) {
        let mut taken = None;
        let text = format!("SELECT name, email FROM users WHERE {}", of_emails.text);
        session.query(&text, &of_emails.params, &mut |row| {
            let (name, email) = (Name::require(row, 0)?, String::require(row, 1)?);
            // A user of the batch has the address that the batch says.
            if !last.contains_key(&name) {
                taken = Some(email);
            }
            Ok(())
        })?;
        if let Some(email) = taken {
            return Err(shared(&email));
        }
    }
    Ok(())
}

/// Puts checked users in the place of those with their names.
pub(crate) fn upsert_users(session: &mut dyn Session, users: &[User]) -> Result<Upserted> {
    lock(session, User::TABLE.name)?;
    check_emails(session, users)?;
    keyed::replace::<User>(session, users)
}

/// Notes a user's login, and returns the user.
pub(crate) fn note_login(session: &mut dyn Session, name: Name, at: Timestamp) -> Result<User> {
    keyed::update::<User>(session, &name, at, |user| {
        user.last_login = user.last_login.max(Some(at));
        Ok(())
    })
}

#[async_trait]
impl<E: Engine> AccessRepository for SqlStore<E> {
    async fn upsert_users(&self, users: &[User]) -> Result<Upserted> {
        check_keyed(users).map_err(|error| self.named("upsert_users", error))?;
        if users.is_empty() {
            return self.nothing("upsert_users").await;
        }
        let users = users.to_vec();
        self.write("upsert_users", move |session| upsert_users(session, &users)).await
    }

    async fn get_user(&self, name: Name) -> Result<Option<User>> {
        self.read("get_user", move |session| keyed::get::<User>(session, &name)).await
    }

    async fn list_users(&self, filter: &UserFilter) -> Result<Vec<User>> {
        let filter = filter.clone();
        self.read("list_users", move |session| keyed::list::<User>(session, &filter)).await
    }

    async fn note_login(&self, name: Name, at: Timestamp) -> Result<User> {
        self.write("note_login", move |session| note_login(session, name, at)).await
    }

    async fn delete_user(&self, name: Name) -> Result<bool> {
        self.write("delete_user", move |session| keyed::delete::<User>(session, &name)).await
    }

    async fn grant_permissions(&self, permissions: &[Permission]) -> Result<Upserted> {
        self.replace::<Permission>("grant_permissions", permissions).await
    }

    async fn list_permissions(&self, filter: &PermissionFilter) -> Result<Vec<Permission>> {
        let filter = filter.clone();
        self.read("list_permissions", move |session| keyed::list::<Permission>(session, &filter)).await
    }

    async fn revoke_permission(&self, key: &PermissionKey) -> Result<bool> {
        let key = *key;
        self.write("revoke_permission", move |session| keyed::delete::<Permission>(session, &key)).await
    }

    async fn is_allowed(&self, user: Name, resource: Name, action: Name) -> Result<bool> {
        let sql = Sql::new(
            "SELECT 1 FROM users AS u JOIN permissions AS p ON p.role = u.role WHERE u.is_active AND u.name = ",
        );
        let sql = sql.bind(user.as_str()).push(" AND p.resource IN ('*', ").bind(resource.as_str());
        let sql = sql.push(") AND p.action IN ('*', ").bind(action.as_str()).push(") LIMIT 1");
        self.read("is_allowed", move |session| any(session, &sql)).await
    }
}
