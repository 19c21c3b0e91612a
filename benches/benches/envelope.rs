//! Encrypt, Decrypt and GenerateDataKey beside a raw derivation and AES-256-GCM of the same library.
//!
//! `wardbook` is a call on an open key as the server makes it: admission, deadline, context, envelope, wiping.
//! `raw` computes the same bytes with the library alone; `raw-ring` is ring doing so.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use wardbook_backend::algorithm::Algorithm;
use wardbook_backend::call::Call;
use wardbook_backend::context::Context;
use wardbook_backend::random::{Seeded, System};
use wardbook_backend::spec::{KeySpec, Usage};
use wardbook_benches::keys;
use wardbook_benches::raw::{self, AwsLc, Raw, Ring, RustCrypto};

const ALGORITHM: Algorithm = Algorithm::SymmetricDefault;
const MATERIAL: [u8; 32] = [7; 32];

fn envelope(criterion: &mut Criterion) {
    provider::<RustCrypto>(criterion, keys::RUSTCRYPTO);
    provider::<AwsLc>(criterion, keys::AWS_LC);
}

fn provider<R: Raw>(criterion: &mut Criterion, name: &str) {
    let (call, random) = (Call::unhurried(), Arc::new(Seeded::new(System)));
    let key = keys::open(name, KeySpec::SymmetricDefault, Usage::EncryptDecrypt);
    let context = Context::new([("department", "finance"), ("purpose", "monthly report")]).expect("a context");
    let associated = context.as_bytes();
    let (own, ring) = (R::new(&MATERIAL), Ring::new(&MATERIAL));

    for bytes in [32, 4096] {
        let plaintext = vec![0x5a; bytes];
        let mut group = criterion.benchmark_group(format!("encrypt-{bytes}-{name}"));
        group.bench_function("wardbook", |bencher| {
            bencher.iter(|| key.encrypt(ALGORITHM, black_box(&plaintext), &context, &call));
        });
        group.bench_function("raw", |bencher| {
            bencher.iter(|| raw::encrypt(&own, &*random, black_box(&plaintext), associated));
        });
        group.bench_function("raw-ring", |bencher| {
            bencher.iter(|| raw::encrypt(&ring, &*random, black_box(&plaintext), associated));
        });
        group.finish();

        let ours = key.encrypt(ALGORITHM, &plaintext, &context, &call).expect("encrypted");
        let theirs = raw::encrypt(&own, &*random, &plaintext, associated);
        let sealed = raw::encrypt(&ring, &*random, &plaintext, associated);
        let mut group = criterion.benchmark_group(format!("decrypt-{bytes}-{name}"));
        group.bench_function("wardbook", |bencher| {
            bencher.iter(|| key.decrypt(ALGORITHM, black_box(&ours), &context, &call).expect("decrypted"));
        });
        group.bench_function("raw", |bencher| bencher.iter(|| raw::decrypt(&own, black_box(&theirs), associated)));
        group
            .bench_function("raw-ring", |bencher| bencher.iter(|| raw::decrypt(&ring, black_box(&sealed), associated)));
        group.finish();
    }

    let mut group = criterion.benchmark_group(format!("data-key-32-{name}"));
    group.bench_function("wardbook", |bencher| bencher.iter(|| key.generate_data_key(32, &context, &call)));
    group.bench_function("raw", |bencher| bencher.iter(|| raw::data_key(&own, &*random, associated)));
    group.finish();
}

criterion_group!(benches, envelope);
criterion_main!(benches);
