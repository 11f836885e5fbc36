//! The store as a whole: opened, asked what it can do, and closed.

use std::sync::Arc;

use async_trait::async_trait;
use strikebook_core::{
    Capabilities, Error, Result, Store,
    maintenance::Maintenance,
    operations::Actor,
    unit::{Applied, UnitOfWork},
};

use crate::{engine::Engine, migrate, options::StoreOptions, repository::SqlStore};

impl<E: Engine> SqlStore<E> {
    /// Makes a store over an engine. Applies pending migrations, or with `migrate=false` refuses a database that has
    /// one.
    ///
    /// # Errors
    /// As [`migrate`](strikebook_core::maintenance::Maintenance::migrate), and
    /// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for a pending migration that is not to be applied.
    pub async fn open(engine: E, options: StoreOptions) -> Result<Self> {
        let store = Self::over(engine, &options);
        if options.migrate {
            store.migrate().await?;
        } else if let Some(pending) = migrate::first_pending(&store).await? {
            let error = Error::invalid_config("the database needs a migration, and migrate is off");
            return Err(store.named("open", error.with("pending", pending)));
        }
        Ok(store)
    }
}

#[async_trait]
impl<E: Engine> Store for SqlStore<E> {
    fn capabilities(&self) -> Capabilities {
        Capabilities { simulated: self.allow_simulated(), ..self.engine().capabilities() }
    }

    fn audited(&self, actor: Actor) -> Arc<dyn Store> {
        Arc::new(self.for_actor(actor))
    }

    async fn apply(&self, unit: &UnitOfWork) -> Result<Vec<Applied>> {
        self.apply_unit(unit).await
    }

    async fn ping(&self) -> Result<()> {
        self.read("ping", |session| session.query("SELECT 1", &[], &mut |_| Ok(()))).await
    }

    async fn close(&self) -> Result<()> {
        self.without_session("close", Engine::close).await
    }
}
