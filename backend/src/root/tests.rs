use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::random::System;

fn context(name: &str) -> Context {
    Context::new([("name", name)]).expect("valid")
}

fn wrap(root: &LocalRoot) -> Vec<u8> {
    root.wrap(&Secret::copy(b"material"), &context("a"), &System, &Call::unhurried()).expect("wraps")
}

#[test]
fn what_is_wrapped_unwraps_under_the_same_key_and_context_only() {
    let root = LocalRoot::ephemeral(&System).expect("made");
    let other = LocalRoot::ephemeral(&System).expect("made");
    let wrapped = wrap(&root);
    let call = Call::unhurried();
    assert_eq!(root.unwrap(&wrapped, &context("a"), &call), Ok(Secret::copy(b"material")));
    assert_eq!(root.unwrap(&wrapped, &context("b"), &call), Err(BackendError::InvalidToken));
    assert_eq!(other.unwrap(&wrapped, &context("a"), &call), Err(BackendError::InvalidToken));
    assert_ne!(root.id(), other.id());
}

#[test]
fn a_file_is_made_private_and_read_back() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("root.key");
    let made = create(&path, &System).expect("made");
    assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o7777, 0o600);
    assert_eq!(file(&path).expect("read").id(), made.id());
    assert!(matches!(create(&path, &System), Err(RootError::Unwritable { .. })), "an old key is never overwritten");
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("root.key");
    create(&path, &System).expect("made");
    for mode in [0o640, 0o604, 0o644, 0o660, 0o601] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        let error = file(&path).expect_err("refused");
        assert!(matches!(error, RootError::Exposed { mode: seen, .. } if seen == mode), "{error}");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).expect("set");
    assert!(file(&path).is_ok());
    assert!(matches!(file(folder.path()), Err(RootError::Exposed { .. })), "a folder is no key");
    assert!(matches!(file(&folder.path().join("none")), Err(RootError::Unreadable { .. })));
}

#[test]
fn only_64_hexadecimal_digits_are_a_key() {
    let key = "0123456789abcdefABCDEF9876543210".repeat(2);
    let read = |text: &str| environment("KEY", Some(&Secret::copy(text.as_bytes())), Consent::EnvironmentIsVisible);
    assert!(read(&key).is_ok());
    assert!(read(&format!("  {key}\n")).is_ok());
    for wrong in [key.trim_start_matches('0'), &format!("{key}0"), &key.replace('9', "g"), ""] {
        assert!(matches!(read(wrong), Err(RootError::Malformed)), "{wrong}");
    }
    let missing = environment("KEY", None, Consent::EnvironmentIsVisible);
    assert!(matches!(missing, Err(RootError::NoVariable(name)) if name == "KEY"));
}

#[test]
fn a_credential_is_found_in_its_folder_and_nowhere_else() {
    let folder = tempfile::tempdir().expect("folder");
    let made = create(&folder.path().join("root"), &System).expect("made");
    assert_eq!(credential(Some(folder.path()), "root").expect("read").id(), made.id());
    for (folder, name) in [(None, "root"), (Some(folder.path()), "none"), (Some(folder.path()), "../root")] {
        assert!(matches!(credential(folder, name), Err(RootError::NoCredential(_))), "{name}");
    }
}

#[test]
fn a_passphrase_gives_the_same_key_with_the_same_parameters_only() {
    let parameters: Argon2id = "argon2id,m=19456,t=1,p=1,salt=000102030405060708090a0b0c0d0e0f".parse().expect("valid");
    assert_eq!(parameters.to_string().parse(), Ok(parameters));
    let root = |phrase: &[u8], parameters| passphrase(&Secret::copy(phrase), parameters).expect("made").id();
    assert_eq!(root(b"correct horse", &parameters), root(b"correct horse", &parameters));
    assert_ne!(root(b"correct horse", &parameters), root(b"correct house", &parameters));
    let salted = "argon2id,m=19456,t=1,p=1,salt=ff0102030405060708090a0b0c0d0e0f".parse().expect("valid");
    assert_ne!(root(b"correct horse", &parameters), root(b"correct horse", &salted));
    for (bytes, fine) in [(7, false), (8, true), (1_024, true), (1_025, false)] {
        let made = passphrase(&Secret::copy(&vec![b'1'; bytes]), &parameters);
        assert_eq!(made.is_ok(), fine, "{bytes} bytes");
        assert!(fine || matches!(made, Err(RootError::PassphraseLength(8, 1_024))), "{bytes} bytes");
    }
}

/// What a command line has: the passphrase in one file, the parameters in another.
#[test]
fn a_passphrase_and_its_parameters_are_kept_in_files() {
    let folder = tempfile::tempdir().expect("folder");
    let (phrase, kept) = (folder.path().join("passphrase"), folder.path().join("root.argon2id"));
    let write = |text: &[u8], mode| {
        std::fs::write(&phrase, text).expect("written");
        std::fs::set_permissions(&phrase, std::fs::Permissions::from_mode(mode)).expect("set");
    };
    write(b"correct horse\r\nnot this\n", 0o600);
    assert_eq!(passphrase_file(&phrase).expect("read"), Secret::copy(b"correct horse"));
    write(&[b'1'; 2_000], 0o600);
    let long = passphrase_file(&phrase).expect("read");
    let cheap = "argon2id,m=19456,t=1,p=1,salt=000102030405060708090a0b0c0d0e0f".parse().expect("valid");
    assert!(matches!(passphrase(&long, &cheap), Err(RootError::PassphraseLength(..))), "never a part of it");
    write(b"correct horse\n", 0o640);
    assert!(matches!(passphrase_file(&phrase), Err(RootError::Exposed { mode: 0o640, .. })));

    let made = parameters(&kept, &System).expect("made");
    assert_eq!(parameters(&kept, &System).expect("read"), made, "another salt would be another key");
    std::fs::write(&kept, "argon2id,m=1\n").expect("written");
    assert!(matches!(parameters(&kept, &System), Err(RootError::Parameters(ParametersError))));
    assert!(matches!(parameters(&folder.path().join("a/b"), &System), Err(RootError::Unwritable { .. })));
}

#[test]
fn weak_or_misread_parameters_are_refused() {
    let salt = "000102030405060708090a0b0c0d0e0f";
    for wrong in [
        format!("argon2id,m=19455,t=1,p=1,salt={salt}"),
        format!("argon2id,m=19456,t=0,p=1,salt={salt}"),
        format!("argon2id,m=19456,t=1,p=65,salt={salt}"),
        format!("argon2i,m=19456,t=1,p=1,salt={salt}"),
        format!("argon2id,m=19456,t=1,p=1,salt={salt}00"),
        format!("argon2id,m=19456,t=1,p=1,salt={salt},x=1"),
    ] {
        assert_eq!(wrong.parse::<Argon2id>(), Err(ParametersError), "{wrong}");
    }
}

#[test]
fn two_root_keys_open_and_the_current_one_wraps() {
    let (old, new) = (LocalRoot::ephemeral(&System).expect("made"), LocalRoot::ephemeral(&System).expect("made"));
    let (old, new): (Arc<dyn Root>, Arc<dyn Root>) = (Arc::new(old), Arc::new(new));
    let call = Call::unhurried();
    let secret = Secret::copy(b"material");
    let before = Roots::new(old.clone());
    let wrapped = before.wrap(&secret, &context("a"), &System, &call).expect("wraps");
    let rotating = Roots::rotating(new.clone(), old.clone());
    assert_eq!(rotating.unwrap(&wrapped, &context("a"), &call), Ok((Secret::copy(b"material"), old.id())));
    let wrapped_anew = rotating.wrap(&secret, &context("a"), &System, &call).expect("wraps");
    assert_eq!(rotating.unwrap(&wrapped_anew, &context("a"), &call), Ok((Secret::copy(b"material"), new.id())));
    let after = Roots::new(new);
    assert_eq!(after.unwrap(&wrapped, &context("a"), &call), Err(BackendError::RootMissing));
    assert_eq!(after.unwrap(&wrapped[..31], &context("a"), &call), Err(BackendError::InvalidToken));
}
