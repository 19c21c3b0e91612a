//! The page that says what a backend can do, as its probe found it. `UPDATE=1 cargo test` rewrites it.

use std::fmt::Write;

use wardbook_backend::backend::Backend;

/// Fails when the page at `path` is not what the probe found.
pub(crate) fn check(path: &str, intro: &str, backend: &dyn Backend) {
    keep(path, &render(intro, backend));
}

/// Fails when the page at `path` is another one.
pub(crate) fn keep(path: &str, page: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, page).expect("written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == page, "{path} is stale: run its test with `UPDATE=1`");
}

fn render(intro: &str, backend: &dyn Backend) -> String {
    let mut page = format!(
        "# Capabilities\n\n\
         {intro}\n\
         Each row was run with a known answer when this page was written, as it is whenever a backend starts.\n\
         Sizes are in bytes; a context of 0 means that one is refused.\n\n\
         | spec | operation | algorithm | message | input | context | provider | boundary | FIPS | cost |\n\
         |---|---|---|---|---:|---:|---|---|---|---|\n",
    );
    let mut rows: Vec<_> = backend.capabilities().rows().iter().collect();
    rows.sort_by_key(|row| (row.spec, row.operation, row.algorithm, row.message_type));
    for row in rows {
        let (algorithm, message) =
            (row.algorithm.map_or("", |it| it.as_str()), row.message_type.map_or("", |it| it.as_str()));
        let fips = if row.fips { "yes" } else { "no" };
        writeln!(
            page,
            "| {} | {} | {algorithm} | {message} | {} | {} | {} | {} | {fips} | {} |",
            row.spec, row.operation, row.input_bytes_max, row.context_bytes_max, row.provider, row.boundary, row.cost,
        )
        .expect("written");
    }
    let pairs: Vec<&str> = backend.capabilities().pairs().iter().map(|spec| spec.as_str()).collect();
    let wrappings: Vec<String> = backend.capabilities().wrappings().iter().map(ToString::to_string).collect();
    for (name, values) in
        [("Data key pairs", pairs.join(", ")), ("Imported material may be wrapped with", wrappings.join(", "))]
    {
        writeln!(page, "\n{name}: {}.", if values.is_empty() { "none" } else { &values }).expect("written");
    }
    page
}
