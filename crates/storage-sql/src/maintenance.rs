//! Maintenance: schema, statistics, purge, size, compaction.

mod evict;

use async_trait::async_trait;
use strikebook_core::{
    Result, Timestamp,
    maintenance::{
        Compacted, Dataset, DatasetStatistics, DiskSize, Evicted, Eviction, Maintenance, Policies, Purged, SchemaStatus,
    },
    operations::Setting,
    port::{Asked, Change, policies_name, policies_of, policies_setting, purgeable},
};

use crate::{
    codec::{Field, Table},
    days,
    engine::Engine,
    materialised, migrate,
    repository::SqlStore,
    schema::{table_of, tables},
    session::{self, Session, lock, tell},
    shapes::keyed,
    sql::Sql,
};

#[async_trait]
impl<E: Engine> Maintenance for SqlStore<E> {
    async fn migrate(&self) -> Result<Vec<u32>> {
        migrate::up(self).await
    }

    async fn migrate_down(&self, to_version: u32) -> Result<Vec<u32>> {
        let undone = migrate::down(self, to_version).await;
        self.ids().forget();
        undone
    }

    async fn schema_status(&self) -> Result<SchemaStatus> {
        migrate::status(self).await
    }

    async fn statistics(&self) -> Result<Vec<DatasetStatistics>> {
        self.snapshot("statistics", move |session| tables().iter().map(|table| count(session, table)).collect()).await
    }

    async fn purge(&self, dataset: Dataset, before: Timestamp) -> Result<Purged> {
        purgeable(dataset).map_err(|error| self.named("purge", error))?;
        let partitions = self.engine().dialect().drop_partitions.filter(|_| self.engine().capabilities().partitions);
        let versions = table_of(dataset).map_err(|error| self.named("purge", error))?.keeps_versions();
        self.write("purge", move |session| {
            lock(session, dataset.as_str())?;
            materialised::invalidate(session, dataset.as_str(), Timestamp::MIN)?;
            let mut delete = |table: &str| delete(session, partitions, table, before);
            let rows = delete(dataset.as_str())?;
            let superseded = if versions { delete(&format!("{dataset}_history"))? } else { 0 };
            days::purged(session, dataset, before)?;
            let purged = Purged { rows, superseded };
            tell(session, || Change::purged(dataset.as_str(), Asked::Before { before }, &purged));
            Ok(purged)
        })
        .await
    }

    async fn count_evictable(&self, eviction: &Eviction) -> Result<Vec<Evicted>> {
        let (ids, eviction) = (self.ids(), eviction.clone());
        self.snapshot("count_evictable", move |session| evict::count(session, &ids, &eviction)).await
    }

    async fn evict(&self, eviction: &Eviction) -> Result<Vec<Evicted>> {
        let (ids, eviction) = (self.ids(), eviction.clone());
        self.write("evict", move |session| evict::evict(session, &ids, &eviction)).await
    }

    async fn disk_size(&self) -> Result<Option<DiskSize>> {
        self.without_session("disk_size", Engine::disk_size).await
    }

    async fn set_policies(&self, policies: &Policies, recorded_at: Timestamp) -> Result<()> {
        let policies = policies.clone();
        self.write("set_policies", move |session| {
            if let Some(setting) = policies_setting(&policies, recorded_at)? {
                keyed::replace::<Setting>(session, &[setting])?;
            } else {
                keyed::delete::<Setting>(session, &policies_name()?)?;
            }
            session.dialect().schedule.map_or(Ok(()), |schedule| schedule(session, policies.as_slice()))
        })
        .await
    }

    async fn policies(&self) -> Result<Policies> {
        self.read("policies", |session| policies_of(keyed::get::<Setting>(session, &policies_name()?)?.as_ref())).await
    }

    async fn compress(&self, dataset: Dataset, before: Timestamp) -> Result<u64> {
        self.without_session("compress", |engine| engine.compress(dataset, before)).await
    }

    async fn refresh_aggregates(&self, dataset: Dataset, until: Timestamp) -> Result<()> {
        self.without_session("refresh_aggregates", |engine| engine.refresh_aggregates(dataset, until)).await
    }

    async fn compact(&self) -> Result<Compacted> {
        const OPERATION: &str = "compact";
        let compacted = self.without_session(OPERATION, Engine::compact).await?;
        self.record(OPERATION, Change::compacted(&compacted)).await?;
        Ok(compacted)
    }
}

/// Deletes the rows of a table before an instant, and returns how many those were.
fn delete(session: &mut dyn Session, partitions: Option<&str>, table: &str, before: Timestamp) -> Result<u64> {
    let of_table = |what: &str| format!("{what} FROM {table} WHERE \"at\" < $1");
    let Some(drop_partitions) = partitions else { return session.execute(&of_table("DELETE"), &[before.into()]) };
    let rows = session::count(session, &Sql { text: of_table("SELECT count(*)"), params: vec![before.into()] })?;
    session.query(drop_partitions, &[table.into(), before.into()], &mut |_| Ok(()))?;
    session.execute(&of_table("DELETE"), &[before.into()])?;
    Ok(rows)
}

fn count(session: &mut dyn Session, table: &Table) -> Result<DatasetStatistics> {
    let dataset = table.dataset;
    let kept = table.keeps_versions();
    let time = if table.columns.iter().any(|column| column.name == "at") { "\"at\"" } else { "recorded_at" };
    let mut statistics =
        DatasetStatistics { dataset, rows: 0, superseded: 0, oldest: None, newest: None, bytes: None, row_bytes: None };
    session.query(&format!("SELECT count(*), min({time}), max({time}) FROM {}", table.name), &[], &mut |row| {
        statistics.rows = u64::require(row, 0)?;
        (statistics.oldest, statistics.newest) = (row.timestamp(1)?, row.timestamp(2)?);
        Ok(())
    })?;
    if kept {
        let sql = Sql::new(format!("SELECT count(*) FROM {}", table.history()));
        statistics.superseded = session::count(session, &sql)?;
    }
    if let Some(table_bytes) = session.dialect().table_bytes {
        let mut names = vec![table.name.to_owned()];
        if kept {
            names.push(table.history());
        }
        for name in names {
            session.query(table_bytes, &[name.into()], &mut |row| {
                // The engine may not know the size of a table that is still in the log.
                if let Some(bytes) = u64::read(row, 0)? {
                    statistics.bytes = Some(statistics.bytes.map_or(bytes, |sum| sum + bytes));
                }
                Ok(())
            })?;
        }
    }
    if let (Some(bytes), rows @ 1..) = (statistics.bytes, statistics.rows + statistics.superseded) {
        let mut row_bytes = bytes / rows;
        if let Some(sql) = session.dialect().row_bytes {
            session.query(sql, &[table.name.into()], &mut |row| {
                if let Some(sampled) = row.double(0)? {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "not negative, and far from 2⁶⁴"
                    )]
                    let sampled = sampled.ceil() as u64;
                    row_bytes = row_bytes.min(sampled);
                }
                Ok(())
            })?;
        }
        statistics.row_bytes = Some(row_bytes);
    }
    Ok(statistics)
}
