//! Jobs of the server's scheduler, where it has one: TimescaleDB's policies.

use strikebook_core::{Result, maintenance::Policy};
use strikebook_storage_sql::Session;

use crate::{aggregate, compress};

/// Writes the statements that delete the jobs of the schema's tables and aggregates.
const DELETE: &str = "\
    SELECT format('SELECT %s.delete_job(%s)', timescale_of('option_quotes'), job_id) \
    FROM timescaledb_information.jobs WHERE hypertable_schema = current_schema() \
    AND proc_name IN ('policy_retention', 'policy_compression', 'policy_refresh_continuous_aggregate') \
    ORDER BY job_id";

/// The first run of a job: a job without one runs at once, while the caller may still change its mind.
const FIRST: &str = "initial_start => date_trunc('hour', now()) + INTERVAL '1 hour'";

/// Replaces the jobs of the schema by those of some policies. Tables without partitions get none, and no job deletes
/// some rows of a partition.
pub(crate) fn schedule(session: &mut dyn Session, policies: &[Policy]) -> Result<()> {
    for delete in texts(session, DELETE, None)? {
        session.batch(&delete)?;
    }
    policies.iter().try_for_each(|policy| add(session, *policy))
}

/// Adds the job of a policy.
fn add(session: &mut dyn Session, policy: Policy) -> Result<()> {
    let dataset = policy.dataset();
    let Some(extension) = texts(session, "SELECT timescale_of($1)", Some(dataset.as_str()))?.pop() else {
        return Ok(());
    };
    match policy {
        Policy::DeleteEventsBelow { .. } => Ok(()),
        Policy::Delete { days, .. } => session.batch(&format!(
            "SELECT {extension}.add_retention_policy('{dataset}', drop_after => INTERVAL '{days} days', {FIRST})"
        )),
        Policy::Compress { days, .. } => {
            session.query(compress::ENABLE, &[dataset.as_str().into()], &mut |_| Ok(()))?;
            session.batch(&format!(
                "SELECT {extension}.add_compression_policy('{dataset}', compress_after => INTERVAL '{days} days', \
                 {FIRST})"
            ))
        }
        Policy::Refresh { start_days, end_hours, every_hours, .. } => {
            for aggregate in aggregate::of(dataset) {
                if texts(session, "SELECT to_regclass($1)::text", Some(aggregate.view))?.is_empty() {
                    session.batch(&aggregate.create(&extension))?;
                }
                session.batch(&format!(
                    "SELECT {extension}.add_continuous_aggregate_policy('{}', \
                     start_offset => INTERVAL '{start_days} days', end_offset => INTERVAL '{end_hours} hours', \
                     schedule_interval => INTERVAL '{every_hours} hours', {FIRST})",
                    aggregate.view
                ))?;
            }
            Ok(())
        }
    }
}

/// Returns the texts that a statement returns, without NULLs.
fn texts(session: &mut dyn Session, sql: &str, name: Option<&str>) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let params: Vec<_> = name.into_iter().map(Into::into).collect();
    session.query(sql, &params, &mut |row| {
        texts.extend(row.text(0)?.map(str::to_owned));
        Ok(())
    })?;
    Ok(texts)
}
