//! Positions: keyed rows by account and instrument.

use async_trait::async_trait;
use strikebook_core::{
    Decimal, Name, Result, Timestamp, Upserted,
    market::Instrument,
    port::Moved,
    trading::{Position, PositionFilter, PositionKey, PositionRepository, journal::JournalEvent},
};

use crate::{
    codec::Value,
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::Session,
    shapes::keyed::{self, KeyedRow},
    sql::Sql,
};

record! {
    Position in Positions {
        key {
            account: Name,
            instrument: Instrument,
            strategy: Name,
        }
        value {
            quantity: Decimal,
            average_cost: Option<Decimal>,
            realized_pnl: Decimal,
            opened_at: Timestamp,
            updated_at: Timestamp,
        }
    }
}

impl KeyedRow for Position {
    type Row = Self;

    fn key_values(key: &PositionKey) -> Vec<Value> {
        vec![key.account.as_str().into(), key.instrument.to_string().into(), key.strategy.as_str().into()]
    }

    fn admitted(sql: Sql, filter: &PositionFilter) -> Sql {
        let sql = sql
            .bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
            .bind_some(" AND instrument = ", filter.instrument.as_ref().map(ToString::to_string))
            .bind_some(" AND strategy = ", filter.strategy.as_ref().map(Name::as_str));
        if filter.open { sql.push(" AND quantity <> '0'") } else { sql }
    }
}

/// Carries positions on by events that come after all others.
pub(crate) fn carry_on(session: &mut dyn Session, new: &[JournalEvent]) -> Result<()> {
    let stored = keyed::with_keys::<Position>(session, &Moved::keys(new))?;
    let moved = Moved::on(&stored.into_values().collect::<Vec<_>>(), new)?;
    keyed::replace::<Position>(session, &moved.put).map(drop)
}

/// Brings positions in line with the journal's events.
pub(crate) fn moved(
    session: &mut dyn Session,
    keys: &[PositionKey],
    events: (&[JournalEvent], &[JournalEvent]),
    new: &[JournalEvent],
) -> Result<()> {
    let stored = keyed::with_keys::<Position>(session, keys)?;
    let moved = Moved::between(keys, &stored.into_values().collect::<Vec<_>>(), events, new)?;
    keyed::replace::<Position>(session, &moved.put)?;
    keyed::delete_all::<Position>(session, &moved.gone.iter().collect::<Vec<_>>()).map(drop)
}

#[async_trait]
impl<E: Engine> PositionRepository for SqlStore<E> {
    async fn upsert_positions(&self, positions: &[Position]) -> Result<Upserted> {
        self.replace::<Position>("upsert_positions", positions).await
    }

    async fn get_position(&self, key: &PositionKey) -> Result<Option<Position>> {
        let key = *key;
        self.read("get_position", move |session| keyed::get::<Position>(session, &key)).await
    }

    async fn list_positions(&self, filter: &PositionFilter) -> Result<Vec<Position>> {
        let filter = filter.clone();
        self.read("list_positions", move |session| keyed::list::<Position>(session, &filter)).await
    }

    async fn delete_position(&self, key: &PositionKey) -> Result<bool> {
        let key = *key;
        self.write("delete_position", move |session| keyed::delete::<Position>(session, &key)).await
    }
}
