//! Snapshots of accounts, in memory.

use async_trait::async_trait;
use chrono::TimeDelta;

use crate::{
    AsOf, Id, Name, Page, Result, Upserted,
    memory::MemoryStore,
    trading::{AccountQuery, AccountRepository, AccountSnapshot},
};

#[async_trait]
impl AccountRepository for MemoryStore {
    async fn insert_account_snapshots(&self, snapshots: &[AccountSnapshot]) -> Result<Upserted> {
        self.insert("insert_account_snapshots", snapshots, |state| &mut state.accounts)
    }

    async fn get_account_snapshot(&self, id: Id<AccountSnapshot>) -> Result<Option<AccountSnapshot>> {
        self.read("get_account_snapshot", |state| Ok(state.accounts.get(id).cloned()))
    }

    async fn list_account_snapshots(&self, query: &AccountQuery) -> Result<Page<AccountSnapshot>> {
        self.read("list_account_snapshots", |state| state.accounts.list(query))
    }

    async fn latest_account_snapshot(
        &self,
        account: Name,
        as_of: AsOf,
        max_age: Option<TimeDelta>,
    ) -> Result<Option<AccountSnapshot>> {
        self.read("latest_account_snapshot", |state| {
            let oldest = as_of.oldest(max_age)?;
            let known = state.accounts.iter().filter(|one| one.account == account && one.at >= oldest);
            Ok(known.filter(|one| as_of.admits(one.at, one.recorded_at)).max_by_key(|one| (one.at, one.id)).cloned())
        })
    }
}
