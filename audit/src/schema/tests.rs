//! Every column is told to every engine. That the texts mean something to the engines is tested with the engines.

use super::*;

#[test]
fn every_engine_is_told_every_column() {
    for (name, engine) in ENGINES {
        let text = ddl(*engine, "s3://bucket/it's/");
        // PyArrow has them from the files.
        for column in COLUMNS.iter().filter(|_| *engine != Engine::PyArrow) {
            assert!(text.contains(column.field.name), "{name} has no {}", column.field.name);
        }
        let place = match engine {
            Engine::DuckDb | Engine::Trino | Engine::Ocsf => "'s3://bucket/it''s/",
            Engine::Athena => r"'s3://bucket/it\'s/'",
            Engine::Spark | Engine::Iceberg => r"'s3://bucket/it\'s'",
            Engine::PyArrow => "\"s3://bucket/it's\"",
        };
        assert!(text.contains(place) && !text.contains("s//"), "{name}: {text}");
        let (open, close) = (text.matches('(').count(), text.matches(')').count());
        assert_eq!(open, close, "{name}");
    }
}

#[test]
fn types_follow_the_table() {
    let trino = ddl(Engine::Trino, "s3://b");
    assert!(trino.contains(r#""event_time" timestamp(3) COMMENT 'When the request completed',"#), "{trino}");
    assert!(trino.contains(r#""resources" array(row("arn" varchar, "account_id" varchar, "type" varchar))"#));
    assert!(trino.contains(r#""encryption_context" map(varchar, varchar)"#));
    let athena = ddl(Engine::Athena, "s3://b");
    assert!(athena.contains("`resources` array<struct<arn:string, account_id:string, type:string>>"), "{athena}");
    assert!(athena.contains("`read_only` boolean"));
    assert!(athena.contains("'storage.location.template' = 's3://b/dt=${dt}/'"));
    let spark = ddl(Engine::Spark, "/data/audit");
    assert!(spark.contains("`leaf_index` bigint"));
    assert!(spark.contains("LOCATION '/data/audit';"));
}

#[test]
fn a_pattern_means_one_folder() {
    for (folder, files) in [
        ("/data/audit [1]", "'/data/audit [[]1]/dt=*/*.parquet'"),
        ("/data/a*?", "'/data/a[*][?]/dt=*/*.parquet'"),
        ("s3://b/a?s3_region=eu-west-1", "'s3://b/a?s3_region=eu-west-1/dt=*/*.parquet'"),
    ] {
        let text = ddl(Engine::DuckDb, folder);
        assert!(text.contains(files), "{text}");
    }
}
