//! From files to a world: ten accounts with 8 MB of authorization details, and a thousand keys.

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use wardbook_inventory::source::Source;
use wardbook_inventory::world::World;

const ACCOUNTS: usize = 10;
const ROLES: usize = 1_000;
const KEYS: usize = 100;

/// What roles are allowed inline, in the proportions in which people have them: most of it is not about keys.
const INLINE: &[&str] = &[
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage"],"Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data-*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}}]}"#,
];

fn account(number: usize) -> String {
    format!("{:012}", 111_122_220_000 + number)
}

fn details(account: &str) -> String {
    let mut text = String::from("{\"UserDetailList\":[],\"GroupDetailList\":[],\"RoleDetailList\":[");
    for role in 0..ROLES {
        let comma = if role == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}{{"Path":"/","RoleName":"role-{role:05}","RoleId":"AROAEXAMPLE{role:09}","Arn":"arn:aws:iam::{account}:role/role-{role:05}","CreateDate":"2026-01-01T00:00:00+00:00","AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"lambda.amazonaws.com"}},"Action":"sts:AssumeRole"}}]}},"InstanceProfileList":[],"RolePolicyList":["#
        );
        for policy in 0..1 + role % 2 {
            let document = INLINE[(role + policy) % INLINE.len()];
            let comma = if policy == 0 { "" } else { "," };
            let _ = write!(text, r#"{comma}{{"PolicyName":"app{policy}","PolicyDocument":{document}}}"#);
        }
        let _ = write!(
            text,
            r#"],"AttachedManagedPolicies":[{{"PolicyName":"team","PolicyArn":"arn:aws:iam::{account}:policy/team-{}"}}],"Tags":[{{"Key":"Team","Value":"pay"}}],"RoleLastUsed":{{}}}}"#,
            role % 6
        );
    }
    text.push_str("],\"Policies\":[");
    for team in 0..6 {
        let comma = if team == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}{{"PolicyName":"team-{team}","Arn":"arn:aws:iam::{account}:policy/team-{team}","DefaultVersionId":"v1","PolicyVersionList":[{{"Document":{},"VersionId":"v1","IsDefaultVersion":true}}]}}"#,
            INLINE[team % INLINE.len()]
        );
    }
    text.push_str("],\"IsTruncated\":false}");
    text
}

fn world() -> Vec<Source> {
    let mut files = Vec::new();
    for number in 0..ACCOUNTS {
        let account = account(number);
        files.push(Source::new(format!("w/{account}/authorization-details.json"), details(&account)));
        let folder = format!("w/{account}/kms/us-east-1");
        for key in 0..KEYS {
            let id = format!("{number:08}-12ab-34cd-56ef-{key:012}");
            let arn = format!("arn:aws:kms:us-east-1:{account}:key/{id}");
            let policy = format!(
                r#"{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{\n      \"Sid\": \"Root\",\n      \"Effect\": \"Allow\",\n      \"Principal\": {{\n        \"AWS\": \"arn:aws:iam::{account}:root\"\n      }},\n      \"Action\": \"kms:*\",\n      \"Resource\": \"*\"\n    }}\n  ]\n}}"#
            );
            let metadata = format!(
                r#"{{"KeyMetadata":{{"KeyId":"{id}","Arn":"{arn}","KeyState":"Enabled","KeyManager":"CUSTOMER","KeySpec":"SYMMETRIC_DEFAULT","KeyUsage":"ENCRYPT_DECRYPT","Origin":"AWS_KMS","MultiRegion":false}}}}"#
            );
            let grant = format!(
                r#"{{"Grants":[{{"KeyId":"{arn}","GrantId":"g{key}","GranteePrincipal":"arn:aws:iam::{account}:role/role-{key:05}","IssuingAccount":"arn:aws:iam::{account}:root","Operations":["Decrypt","GenerateDataKey"]}}],"Truncated":false}}"#
            );
            for (name, text) in [
                ("describe", metadata),
                ("policy", format!(r#"{{"Policy":"{policy}","PolicyName":"default"}}"#)),
                ("grants", grant),
                ("tags", r#"{"Tags":[{"TagKey":"Team","TagValue":"pay"}]}"#.to_owned()),
            ] {
                files.push(Source::new(format!("{folder}/{id}/{name}.json"), text));
            }
        }
    }
    files
}

fn load(criterion: &mut Criterion) {
    let files = world();
    let read = World::from_sources(files.clone());
    assert_eq!((read.principals().len(), read.keys().len()), (ACCOUNTS * ROLES, ACCOUNTS * KEYS));
    assert!(!read.coverage().gaps.iter().any(|gap| gap.kind.is_defect()));
    let mut group = criterion.benchmark_group("load");
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10);
    group.bench_function("world", |bencher| {
        bencher.iter_batched(|| files.clone(), |files| black_box(World::from_sources(files)), BatchSize::PerIteration);
    });
    if let Some(folder) = std::env::var_os("WARDBOOK_WORLD") {
        let read = || World::read_folder(Path::new(&folder)).expect("the folder is a world");
        group.throughput(Throughput::Elements(read().principals().len() as u64));
        group.bench_function("folder", |bencher| bencher.iter(|| black_box(read())));
    }
    group.finish();
}

criterion_group!(benches, load);
criterion_main!(benches);
