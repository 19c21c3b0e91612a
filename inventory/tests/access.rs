//! Worlds made here, several seeds: the search agrees with `decide`, asked pair by pair.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod synthetic;

use wardbook_inventory::access::{Search, Tier, Who};
use wardbook_inventory::circumstances::Circumstances;
use wardbook_inventory::world::World;
use wardbook_policy::context::Values;
use wardbook_policy::decide::Verdict;
use wardbook_policy::quirk::Quirks;

/// Contexts in which a request is tried that the search says nobody may make.
fn contexts() -> Vec<Circumstances> {
    let direct = Circumstances::direct_call;
    let mut all = vec![direct()];
    for service in ["s3", "rds", "ec2", "dynamodb", "secretsmanager", "sqs", "lambda"] {
        let via = Circumstances::default().with("kms:ViaService", &*format!("{service}.us-east-1.amazonaws.com"));
        all.push(Circumstances::direct_call().with("aws:ViaAWSService", "true").over(via));
    }
    for team in synthetic::TEAMS {
        let pair = Values::One((*team).into());
        all.push(direct().with("kms:EncryptionContext:Team", pair.clone()));
        all.push(direct().with("kms:EncryptionContext:Team", pair).with("kms:EncryptionContext:Tenant", "1"));
    }
    all.push(direct().with("kms:EncryptionContext:aws:ebs:id", "vol-00000000000000000"));
    all
}

fn agree(world: &World, label: &str) {
    let contexts = contexts();
    let mut rows = 0;
    for action in ["kms:Decrypt", "kms:CreateGrant"] {
        let mut search = Search::new(world, action, Quirks::default()).unwrap();
        for key in world.keys() {
            let access = search.key(key);
            if access.refused.is_some() {
                assert!(access.entries.is_empty());
                continue;
            }
            for (index, principal) in world.principals().iter().enumerate() {
                let entry = access.entries.iter().find(|entry| entry.who == Who::Collected(index));
                let ask = |told: &Circumstances| {
                    world.ask(&principal.arn, action, &key.arn, told.clone(), Quirks::default()).unwrap()
                };
                let place = format!("{label}: {action} {} {}", principal.arn, key.arn);
                match entry {
                    None => {
                        for told in &contexts {
                            let verdict = ask(told).decide().verdict();
                            assert_ne!(verdict, Verdict::Allow, "{place}: no row, but allowed with {told:?}");
                        }
                    }
                    Some(entry) => {
                        rows += 1;
                        let direct = ask(&contexts[0]);
                        let now = direct.decide().verdict() == Verdict::Allow;
                        assert_eq!(now, entry.answer.tier == Tier::Now, "{place}");
                        let witness = search.witness(&access, entry).unwrap();
                        let verdict = direct.layers.decide(&witness, Quirks::default()).verdict();
                        assert_eq!(verdict, Verdict::Allow, "{place}: {witness:?}");
                        assert!(!search.proof(&access, entry).is_empty(), "{place}: no proof");
                    }
                }
            }
        }
    }
    assert!(rows > 20, "{label}: {rows} rows show nothing");
}

#[test]
fn the_search_and_decide_agree_both_ways() {
    for seed in 1..=3 {
        let world = World::from_sources(synthetic::world(seed, 2, 14, 6));
        assert_eq!(world.principals().len(), 2 * 14);
        agree(&world, &format!("seed {seed}"));
    }
}

/// The same with a generator kept elsewhere: the folder that `WARDBOOK_SHARED_WORLDS` names holds worlds.
#[test]
fn the_search_and_decide_agree_on_shared_worlds() {
    let Some(folder) = std::env::var_os("WARDBOOK_SHARED_WORLDS").filter(|folder| !folder.is_empty()) else {
        eprintln!("skipped: set WARDBOOK_SHARED_WORLDS to a folder of worlds");
        return;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        agree(&World::read_folder(&path).unwrap(), &path.display().to_string());
    }
}

#[test]
fn roles_that_assume_each_other_in_a_circle_end() {
    let world = World::from_sources(synthetic::circle(30));
    let keys: Vec<_> = world.keys().iter().collect();
    let mut search = Search::new(&world, "kms:Decrypt", Quirks::default()).unwrap();
    let found = search.with_escalations(&keys);
    let steps: Vec<usize> = found[0].entries.iter().map(|entry| entry.answer.path.len()).collect();
    // The holder, its twelve predecessors, and nobody further away.
    let most = wardbook_inventory::limits::ESCALATION_STEPS_MAX;
    assert_eq!(steps.iter().max(), Some(&most));
    assert_eq!(found[0].entries.len(), 1 + most);
}

#[test]
fn patterns_that_explode_are_not_decided_and_end() {
    let world = World::from_sources(synthetic::exploding(24));
    let mut search = Search::new(&world, "kms:Decrypt", Quirks::default()).unwrap();
    let access = search.key(&world.keys()[0]);
    let role = access.undecided.iter().find(|(who, _)| who.text(&world).ends_with("role/r0"));
    assert!(role.is_some_and(|(_, why)| why.over_budget), "{:?} {:?}", access.entries, access.undecided);
}
