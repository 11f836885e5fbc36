//! Contracts: the dimension that quotes and Greeks refer to by number.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use strikebook_core::{
    Page, Result, Upserted,
    market::{ContractDetails, ContractQuery, ContractRepository, OptionContract},
    port::{Change, Paged, check_batch, last_of_each_key, page},
};

use crate::{
    codec::Record,
    contracts::{ContractRow, Contracts, Ids, replace, rows},
    engine::Engine,
    repository::SqlStore,
    session::{Session, collect, lock, tell},
    sql::{Sql, limited, one_more},
};

#[async_trait]
impl<E: Engine> ContractRepository for SqlStore<E> {
    async fn upsert_contracts(&self, details: &[ContractDetails]) -> Result<Upserted> {
        check_batch(details, self.allow_simulated()).map_err(|error| self.named("upsert_contracts", error))?;
        if details.is_empty() {
            return self.nothing("upsert_contracts").await;
        }
        let (ids, details) = (self.ids(), details.to_vec());
        let (upserted, found) =
            self.write("upsert_contracts", move |session| upsert_contracts(session, &ids, &details)).await?;
        self.ids().learn(found);
        Ok(upserted)
    }

    async fn get_contract(&self, contract: &OptionContract) -> Result<Option<ContractDetails>> {
        let (ids, contract) = (self.ids(), *contract);
        self.read("get_contract", move |session| {
            let Some(id) = ids.id(session, contract)? else { return Ok(None) };
            rows(session, [id])?.pop().map(ContractRow::into_details).transpose()
        })
        .await
    }

    async fn list_contracts(&self, query: &ContractQuery) -> Result<Page<ContractDetails>> {
        let sql = list(query).map_err(|error| self.named("list_contracts", error))?;
        let limit = query.paging.limit;
        self.read("list_contracts", move |session| {
            let rows: Vec<ContractRow> = collect(session, &sql)?;
            let details = rows.into_iter().map(ContractRow::into_details).collect::<Result<Vec<_>>>()?;
            Ok(page(details, limit, |last: &ContractDetails| ContractQuery::cursor(&last.contract)))
        })
        .await
    }
}

/// Replaces the details of contracts, and returns the numbers to remember after the commit.
pub(crate) fn upsert_contracts(
    session: &mut dyn Session,
    ids: &Arc<Ids>,
    details: &[ContractDetails],
) -> Result<(Upserted, Vec<(OptionContract, i64)>)> {
    let batch = last_of_each_key(details);
    let repeated = (details.len() - batch.len()) as u64;
    // Rows are taken away and written anew, which two writers must not do at once.
    lock(session, ContractRow::TABLE.name)?;
    let mut contracts = Contracts::new(Arc::clone(ids));
    let number = |details: &&ContractDetails| contracts.number(details.contract, *details);
    let numbers = batch.iter().map(number).collect::<Result<Vec<_>>>()?;
    let numbered = ids.number(session, &contracts)?;
    let inserted = numbered.fresh.len() as u64;
    let row = |(details, number): (&&ContractDetails, _)| Ok(ContractRow::new(numbered.id(number)?, details));
    let wanted = batch.iter().zip(numbers).map(row).collect::<Result<Vec<_>>>()?;
    let changed = changed(session, &wanted)?;
    replace(session, &changed)?;
    let fresh: HashSet<_> = numbered.fresh.iter().map(|(_, id)| *id).collect();
    let fresh_changed = changed.iter().filter(|row| fresh.contains(&row.contract_id)).count() as u64;
    let corrected = changed.len() as u64 - fresh_changed;
    let unchanged = wanted.len() as u64 - inserted - corrected;
    let done = Upserted { inserted, corrected, unchanged, repeated, ..Upserted::default() };
    tell(session, || Change::upserted(ContractRow::TABLE.name, &done));
    Ok((done, numbered.found))
}

/// Returns the stored details of some contracts.
pub(crate) fn stored_contracts(
    session: &mut dyn Session,
    ids: &Ids,
    contracts: &[OptionContract],
) -> Result<Vec<ContractDetails>> {
    let (numbers, _) = ids.look_up(session, contracts)?;
    rows(session, numbers.into_iter().flatten())?.into_iter().map(ContractRow::into_details).collect()
}

/// The rows that differ from what is stored.
fn changed<'a>(session: &mut dyn Session, wanted: &'a [ContractRow]) -> Result<Vec<&'a ContractRow>> {
    let stored = rows(session, wanted.iter().map(|row| row.contract_id))?;
    let stored: HashMap<_, _> = stored.into_iter().map(|row| (row.contract_id, row)).collect();
    let same = |row: &ContractRow| stored.get(&row.contract_id).is_some_and(|old| old.same_version(row));
    Ok(wanted.iter().filter(|row| !same(row)).collect())
}

fn list(query: &ContractQuery) -> Result<Sql> {
    let columns = ContractRow::TABLE.columns_with("c.");
    let mut sql = Sql::new(format!("SELECT {columns} FROM option_contracts AS c WHERE c.underlying = "))
        .bind(query.underlying.as_str())
        .bind_some(" AND c.expiration = ", query.expiration);
    if let Some(as_of) = query.as_of {
        sql = sql
            .push(" AND c.last_trade_at >= ")
            .bind(as_of.at)
            .push(" AND (c.listed_on <= ")
            .bind(as_of.at.new_york_date());
        sql = sql.bind_some(" AND c.recorded_at <= ", as_of.known_by);
        for table in ["option_quotes", "option_quotes_history"] {
            sql = sql.push(&format!(
                " OR EXISTS (SELECT 1 FROM {table} AS q WHERE q.contract_id = c.contract_id AND q.\"at\" <= "
            ));
            sql = sql.bind(as_of.at).bind_some(" AND q.recorded_at <= ", as_of.known_by).push(")");
        }
        sql = sql.push(")");
    }
    if let Some(last) = query.last_seen()? {
        sql = sql.push(" AND (c.expiration, c.strike, c.option_type, c.root) > (").bind(last.expiration()).push(", ");
        sql = sql.bind(last.strike().to_f64()).push(", ").bind(last.option_type().as_str()).push(", ");
        sql = sql.bind(last.root().as_str()).push(")");
    }
    let limit = limited(one_more(query.paging.limit));
    Ok(sql.push(" ORDER BY c.expiration, c.strike, c.option_type, c.root").push(&limit))
}
