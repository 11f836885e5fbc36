//! Users and their permissions, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{
    Error, ErrorKind, Name, Result, Timestamp, Upserted,
    memory::{MemoryStore, State},
    operations::{AccessRepository, Permission, PermissionFilter, PermissionKey, User, UserFilter},
    port,
};

#[async_trait]
impl AccessRepository for MemoryStore {
    async fn upsert_users(&self, users: &[User]) -> Result<Upserted> {
        self.write("upsert_users", |state| {
            port::check_keyed(users)?;
            state.upsert_users(users)
        })
    }

    async fn get_user(&self, name: Name) -> Result<Option<User>> {
        self.read("get_user", |state| Ok(state.users.get(&name).cloned()))
    }

    async fn list_users(&self, filter: &UserFilter) -> Result<Vec<User>> {
        self.read("list_users", |state| state.users.list(filter))
    }

    async fn note_login(&self, name: Name, at: Timestamp) -> Result<User> {
        self.write("note_login", |state| state.note_login(name, at))
    }

    async fn delete_user(&self, name: Name) -> Result<bool> {
        self.write("delete_user", |state| Ok(state.users.delete(&name)))
    }

    async fn grant_permissions(&self, permissions: &[Permission]) -> Result<Upserted> {
        self.replace("grant_permissions", permissions, |state| &mut state.permissions)
    }

    async fn list_permissions(&self, filter: &PermissionFilter) -> Result<Vec<Permission>> {
        self.read("list_permissions", |state| state.permissions.list(filter))
    }

    async fn revoke_permission(&self, key: &PermissionKey) -> Result<bool> {
        self.write("revoke_permission", |state| Ok(state.permissions.delete(key)))
    }

    async fn is_allowed(&self, user: Name, resource: Name, action: Name) -> Result<bool> {
        self.read("is_allowed", |state| {
            let Some(user) = state.users.get(&user).filter(|user| user.is_active) else { return Ok(false) };
            let permissions = state.permissions.list(&PermissionFilter { role: Some(user.role) })?;
            Ok(permissions.iter().any(|permission| permission.covers(resource, action)))
        })
    }
}

impl State {
    /// Puts checked users in the place of those with their names.
    pub(in crate::memory) fn upsert_users(&mut self, users: &[User]) -> Result<Upserted> {
        self.check_emails(users)?;
        Ok(self.users.upsert(users))
    }

    pub(in crate::memory) fn note_login(&mut self, name: Name, at: Timestamp) -> Result<User> {
        self.users.update(&name, at, |user| {
            user.last_login = user.last_login.max(Some(at));
            Ok(())
        })
    }

    /// Refuses users if two would have the same e-mail address.
    fn check_emails(&self, users: &[User]) -> Result<()> {
        let stored = self.users.list(&UserFilter::default())?;
        let becoming: BTreeMap<Name, Option<&String>> =
            stored.iter().chain(users).map(|user| (user.name, user.email.as_ref())).collect();
        let mut emails: Vec<_> = becoming.into_values().flatten().collect();
        emails.sort();
        match emails.windows(2).find(|pair| pair.first() == pair.last()).and_then(<[_]>::first) {
            None => Ok(()),
            Some(email) => {
                Err(Error::new(ErrorKind::Conflict, "two users would have one mail address").with("email", email))
            }
        }
    }
}
