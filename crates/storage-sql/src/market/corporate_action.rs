//! Corporate actions: columns and statements.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    AsOf, ChangeQuery, Decimal, Name, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::{
        ActionKey, ActionKind, ActionStatus, ActionTerms, AdjustedContract, CorporateAction, CorporateActionRepository,
        EarningsTime, Symbol, calendar,
    },
};

use crate::{
    codec::{Record, json_field},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::collect,
    shapes::versioned::{self, ReadFrom, valid_rows},
    sql::Sql,
};

json_field!(AdjustedContract);

record! {
    CorporateAction in CorporateActions {
        series key: ActionKey { symbol: Symbol, kind: ActionKind }
        computed { date: NaiveDate = CorporateAction::date }
        value { status: ActionStatus, source: Source }
        terms: ActionTerms "" {
            new_shares: Option<Decimal>,
            old_shares: Option<Decimal>,
            amount: Option<Decimal>,
            currency: Option<Name>,
            record_date: Option<NaiveDate>,
            pay_date: Option<NaiveDate>,
            counterpart: Option<Symbol>,
            contract: Option<AdjustedContract>,
            report_time: Option<EarningsTime>,
        }
    }
}

#[async_trait]
impl<E: Engine> CorporateActionRepository for SqlStore<E> {
    async fn upsert_corporate_actions(&self, actions: &[CorporateAction]) -> Result<Upserted> {
        self.upsert("upsert_corporate_actions", actions, |row| Ok(row.clone())).await
    }

    async fn corporate_actions_of(&self, symbol: Symbol, from: Timestamp, as_of: AsOf) -> Result<Vec<CorporateAction>> {
        self.read("corporate_actions_of", move |session| {
            let of_symbol = vec![("symbol", symbol.into())];
            let mut actions: Vec<CorporateAction> =
                versioned::list(session, &of_symbol, from, as_of, ReadFrom::Oldest, None)?;
            actions.sort_by_key(|action| (action.at, action.key.kind.as_str()));
            Ok(actions)
        })
        .await
    }

    async fn corporate_actions_into(&self, counterpart: Symbol, as_of: AsOf) -> Result<Vec<CorporateAction>> {
        self.read("corporate_actions_into", move |session| {
            let columns = CorporateAction::TABLE.columns_with("");
            let sql =
                valid_rows::<CorporateAction>(Sql::new(format!("SELECT {columns} FROM (")), Timestamp::MIN, as_of);
            let sql = sql.push(") AS valid WHERE counterpart = ").bind(counterpart.as_str());
            collect(session, &sql.push(" ORDER BY \"at\", symbol, kind"))
        })
        .await
    }

    async fn list_corporate_actions(&self, query: &SeriesQuery<ActionKey>) -> Result<Page<CorporateAction>> {
        self.page::<CorporateAction, _>("list_corporate_actions", query).await
    }

    async fn list_corporate_action_versions(
        &self,
        key: ActionKey,
        date: NaiveDate,
    ) -> Result<Vec<Version<CorporateAction>>> {
        // A day that no instant belongs to has no action.
        let Ok(at) = calendar::midnight(date) else { return Ok(Vec::new()) };
        self.versions::<CorporateAction, _>("list_corporate_action_versions", key, at).await
    }

    async fn list_corporate_action_changes(&self, query: &ChangeQuery<ActionKey>) -> Result<Page<CorporateAction>> {
        self.changes::<CorporateAction, _>("list_corporate_action_changes", query).await
    }
}
