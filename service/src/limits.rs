//! Every size, count and wait of this room that has an end, with its name.

use std::time::Duration;

/// The longest body of a request. The largest that the model permits is a policy of 128 KiB with every letter escaped.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// The longest body of a request that is worked on where it arrived, among others that wait.
pub const BODY_BYTES_HERE_MAX: usize = 32 << 10;
/// The bytes of all headers together.
pub const HEADER_BYTES_MAX: usize = 32 << 10;
/// How many headers a request may have.
pub const HEADERS_MAX: usize = 100;
/// How deep a body may nest.
pub const BODY_DEPTH_MAX: usize = 16;
/// How many violations one message tells.
pub const VIOLATIONS_MAX: usize = 100;
/// The farthest moment from 1970, in seconds: the end of year 9999.
pub const MOMENT_SECONDS_MAX: f64 = 253_402_300_799.0;
/// How far the clocks of client and server may be apart.
pub const CLOCK_SKEW_SECONDS_MAX: i64 = 900;
/// How long a presigned request may be good for.
pub const PRESIGNED_SECONDS_MAX: i64 = 604_800;
/// Signing keys that are kept, one for each access key, day, region and service.
pub const SIGNING_KEYS_KEPT_MAX: usize = 4_096;
/// How often a request is decided again because what it was decided on changed meanwhile.
pub const ATTEMPTS_MAX: usize = 32;
/// The longest key policy.
pub const POLICY_BYTES_MAX: usize = 32_768;
/// Tags of one key.
pub const TAGS_MAX: usize = 50;
/// Aliases of one key.
pub const ALIASES_MAX: usize = 50;
/// Grants of one key.
pub const GRANTS_MAX: usize = 50_000;
/// Keys of one account in one region.
pub const KEYS_MAX: usize = 100_000;
/// So near to a bound that counts rows, a change is made only if nothing else changes before. More than all nodes of a
/// state make at once.
pub const NEAR_A_BOUND: usize = 8_192;
/// Rotations of one key on demand.
pub const ROTATIONS_ON_DEMAND_MAX: usize = 25;
/// How long import parameters are good.
pub const IMPORT_TOKEN_SECONDS: i64 = 86_400;
/// Open keys that are kept in memory.
pub const OPEN_KEYS_MAX: usize = 10_000;
/// Encryption context, in bytes of names and values.
pub const CONTEXT_BYTES_MAX: usize = 8_192;
/// Requests that are worked on at once; more are throttled.
pub const REQUESTS_AT_ONCE_MAX: usize = 1_024;
/// Threads that work on requests and may block, of all pools together.
pub const WORKERS_MAX: usize = 512;
/// How many of them ask the store.
pub const STORE_THREADS_MAX: usize = 256;
/// How many of them wait for the backend.
pub const BACKEND_THREADS_MAX: usize = 64;
/// How many requests wait for one of those.
pub const BACKEND_WAITING_MAX: usize = 448;
/// How many of them wait for one custom key store.
pub const KEY_STORE_THREADS_MAX: usize = 16;
/// How many requests wait for one of those.
pub const KEY_STORE_WAITING_MAX: usize = 64;
/// Connections that are open at once.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Connections that wait to be accepted, as far as the system lets them.
pub const ACCEPTS_WAITING: i32 = 4_096;
/// Files that connections leave to the store, the log and whoever else is asked.
pub const FILES_KEPT: usize = 256;
/// How long the headers of a request may take to arrive.
pub const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long the body of a request may take to arrive.
pub const BODY_TIME: Duration = Duration::from_secs(20);
/// How long a peer may take to read a reply.
pub const TAKING_TIME: Duration = Duration::from_secs(30);
/// How long requests under way may take after the server was told to stop.
pub const DRAIN_TIME: Duration = Duration::from_secs(20);
/// How long one operation of a backend may take.
pub const BACKEND_TIME: Duration = Duration::from_secs(10);
/// How often due deletions, rotations and expiries are looked for, and closed segments sealed.
pub const TICK: Duration = Duration::from_secs(1);
/// Custom key stores of one account in one region.
pub const KEY_STORES_MAX: usize = 10;
/// How long one request to a store over the network may take.
pub const STORE_TIME: Duration = Duration::from_secs(10);
/// How long a decision may wait for its reply; after that it has to hold still.
pub const REPLY_TIME: Duration = Duration::from_millis(250);
/// How many revisions a shared store remembers that a row was taken away.
pub const GONE_REVISIONS_KEPT: u32 = 100_000;
/// Keys that one page of the console lists.
pub const CONSOLE_KEYS_MAX: usize = 1_000;
/// Principals, and grants, that one page of the console lists.
pub const CONSOLE_PRINCIPALS_MAX: usize = 500;
/// Decisions that the console remembers.
pub const CONSOLE_EVENTS_MAX: usize = 200;
/// Lines of the operator's log that wait to be written; more are lost, and counted.
pub const LOG_LINES_MAX: usize = 4_096;
