//! The rules about suppressions, which no policy knows of.

/// A rule of the linter about its own instructions.
#[derive(Debug)]
pub(crate) struct OwnRule {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    page: &'static str,
}

impl OwnRule {
    /// Its page in Markdown, as rules of policies have it.
    pub(crate) fn page(&self) -> String {
        self.page.to_owned()
    }
}

/// All of them.
pub(crate) const OWN: &[OwnRule] = &[
    OwnRule {
        code: "SU01",
        name: "unused-suppression",
        page: "\
A suppression that suppresses nothing, or whose time is over.

It was written for a finding that is no longer there, or for another line.
Left where it is, it would hide the next finding of that rule, for a reason that was given for another one.

# Bad

```yaml
# wardbook: ignore KP07 -- nothing on the next line is public
Action: kms:Decrypt
```

# Good

```yaml
Action: kms:Decrypt
```
",
    },
    OwnRule {
        code: "SU02",
        name: "malformed-suppression",
        page: "\
A suppression that cannot be understood, or that gives no reason. It suppresses nothing.

Whoever reads it next has to know whether it still holds, so the reason is part of it.

# Bad

```yaml
# wardbook: ignore KP07
Principal: '*'
```

# Good

```yaml
# wardbook: ignore KP07 -- the key of the public test images, by decision of the security board
Principal: '*'
```
",
    },
];
