//! The schema of the database, and how it comes from one version to the next.

use tokio_postgres::{Client, Error};

use super::super::StoreError;

/// The SQLSTATE of a conflict.
pub(super) const CONFLICT: &str = "WB001";

/// Each brings the schema from one version to the next. A released one never changes.
const MIGRATIONS: &[&str] = &[include_str!("1.sql"), include_str!("2.sql")];

/// Held while the schema is looked at and changed, so that nodes which start together do not meet.
const LOCK: &str = "SELECT pg_advisory_xact_lock(8751123370102254)";

/// Makes the schema what this version knows.
pub(super) async fn migrate(client: &Client) -> Result<(), StoreError> {
    let migrated = in_transaction(client).await;
    if !matches!(migrated, Ok(Ok(()))) {
        // What went wrong is told; whether this works as well, the next user of the connection sees.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    migrated.map_err(super::understood)?
}

async fn in_transaction(client: &Client) -> Result<Result<(), StoreError>, Error> {
    client.batch_execute("BEGIN").await?;
    client.batch_execute(LOCK).await?;
    let there = client.query_one("SELECT to_regclass('wardbook.version') IS NOT NULL", &[]).await?;
    if !there.try_get::<_, bool>(0)? {
        client
            .batch_execute(
                "CREATE SCHEMA IF NOT EXISTS wardbook;
                 CREATE TABLE wardbook.version (version bigint NOT NULL);
                 INSERT INTO wardbook.version VALUES (0)",
            )
            .await?;
    }
    let found: i64 = client.query_one("SELECT version FROM wardbook.version", &[]).await?.try_get(0)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Ok(Err(StoreError::Newer { found, known }));
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        client.batch_execute(migration).await?;
    }
    client.execute("UPDATE wardbook.version SET version = $1 WHERE version <> $1", &[&known]).await?;
    client.batch_execute("COMMIT").await?;
    Ok(Ok(()))
}
