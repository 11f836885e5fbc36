//! The contract suite on the store in memory, which is its specification: a case that fails here is wrong itself.

use std::sync::Arc;

use async_trait::async_trait;
use strikebook_core::{Result, Store, memory::MemoryStore};
use strikebook_testkit::{Harness, Options, Place, contract_tests};

struct Memory;

#[async_trait]
impl Harness for Memory {
    fn engine(&self) -> &'static str {
        "memory"
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        Ok(Box::new(Memory))
    }
}

#[async_trait]
impl Place for Memory {
    async fn open(&self, options: Options) -> Result<Arc<dyn Store>> {
        let store = MemoryStore::new();
        Ok(Arc::new(if options.allow_simulated { store.with_simulated() } else { store }))
    }
}

contract_tests!(memory, Memory);
