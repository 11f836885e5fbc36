//! Snapshots of accounts. The positions of a snapshot are one value: they are never read without their balances.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Decimal, Id, Name, Page, Result, Source, Timestamp, Upserted,
    trading::{AccountFilter, AccountQuery, AccountRepository, AccountSnapshot, Balances, HeldPosition},
};

use crate::{
    codec::{Record, json_field},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::collect,
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

json_field!(Vec<HeldPosition>);

record! {
    AccountSnapshot in Accounts {
        key { id: Id<AccountSnapshot> }
        value { at: Timestamp, account: Name, positions: Vec<HeldPosition>, source: Source }
        balances: Balances "" {
            cash: Option<Decimal>,
            settled_cash: Option<Decimal>,
            net_liquidation: Option<Decimal>,
            positions_value: Option<Decimal>,
            buying_power: Option<Decimal>,
            initial_requirement: Option<Decimal>,
            maintenance_requirement: Option<Decimal>,
            excess_liquidity: Option<Decimal>,
            realized_pnl: Option<Decimal>,
            unrealized_pnl: Option<Decimal>,
        }
    }
}

impl EntryRow for AccountSnapshot {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &AccountFilter) -> Sql {
        sql.bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
    }
}

#[async_trait]
impl<E: Engine> AccountRepository for SqlStore<E> {
    async fn insert_account_snapshots(&self, snapshots: &[AccountSnapshot]) -> Result<Upserted> {
        self.insert::<AccountSnapshot>("insert_account_snapshots", snapshots).await
    }

    async fn get_account_snapshot(&self, id: Id<AccountSnapshot>) -> Result<Option<AccountSnapshot>> {
        self.read("get_account_snapshot", move |session| entries::get::<AccountSnapshot>(session, id)).await
    }

    async fn list_account_snapshots(&self, query: &AccountQuery) -> Result<Page<AccountSnapshot>> {
        self.entries::<AccountSnapshot>("list_account_snapshots", query).await
    }

    async fn latest_account_snapshot(
        &self,
        account: Name,
        as_of: AsOf,
        max_age: Option<TimeDelta>,
    ) -> Result<Option<AccountSnapshot>> {
        const OPERATION: &str = "latest_account_snapshot";
        let oldest = as_of.oldest(max_age).map_err(|error| self.named(OPERATION, error))?;
        let columns = AccountSnapshot::TABLE.columns_with("");
        let sql = Sql::new(format!("SELECT {columns} FROM account_snapshots WHERE account = ")).bind(account.as_str());
        let sql = sql.push(" AND \"at\" BETWEEN ").bind(oldest).push(" AND ").bind(as_of.at);
        let sql = sql.bind_some(" AND recorded_at <= ", as_of.known_by).push(" ORDER BY \"at\" DESC, id DESC LIMIT 1");
        self.read(OPERATION, move |session| Ok(collect(session, &sql)?.pop())).await
    }
}
