//! Ways to a key, worked out by hand: each once as it works, and once as something stops it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use serde_json::{Value, json};
use wardbook_inventory::access::Search;
use wardbook_inventory::source::Source;
use wardbook_inventory::world::World;
use wardbook_policy::decide::Verdict;
use wardbook_policy::quirk::Quirks;

const ACCOUNT: &str = "111122223333";
const MANAGEMENT: &str = "999988887777";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const OTHER_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0000abcd-12ab-34cd-56ef-1234567890ab";

/// A world in the making: one account, one key that leaves everything to the account's own policies.
#[derive(Clone)]
struct Made {
    users: Vec<Value>,
    roles: Vec<Value>,
    groups: Vec<Value>,
    managed: Vec<Value>,
    key_policy: Vec<Value>,
    metadata: Value,
    tags: Value,
    aliases: Vec<(String, String)>,
    grants: Vec<Value>,
    organization: Option<Value>,
    management: Vec<Value>,
}

fn arn(rest: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{rest}")
}

fn statement(effect: &str, actions: &str, resource: &str, condition: Value) -> Value {
    let actions: Vec<&str> = actions.split(' ').collect();
    let mut statement = json!({"Effect": effect, "Action": actions, "Resource": resource});
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    statement
}

fn allow(actions: &str, resource: &str) -> Value {
    statement("Allow", actions, resource, Value::Null)
}

fn deny(actions: &str, resource: &str) -> Value {
    statement("Deny", actions, resource, Value::Null)
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn inline(name: &str, statements: &[Value]) -> Value {
    json!({"PolicyName": name, "PolicyDocument": document(statements)})
}

fn named(principal: Value, actions: &str, condition: Value) -> Value {
    let mut found = statement("Allow", actions, "*", condition);
    found["Principal"] = principal;
    found
}

fn user(name: &str, statements: &[Value]) -> Value {
    json!({"UserName": name, "UserId": format!("AIDA{name}"), "Arn": arn(&format!("user/{name}")), "GroupList": [],
           "UserPolicyList": [inline("own", statements)], "AttachedManagedPolicies": [], "Tags": []})
}

fn role(name: &str, statements: &[Value], trusted: Value) -> Value {
    let trust =
        document(&[json!({"Effect": "Allow", "Principal": trusted, "Action": ["sts:AssumeRole", "sts:TagSession"]})]);
    json!({"RoleName": name, "RoleId": format!("AROA{name}"), "Arn": arn(&format!("role/{name}")),
           "AssumeRolePolicyDocument": trust, "RolePolicyList": [inline("own", statements)],
           "AttachedManagedPolicies": [], "Tags": []})
}

fn managed(name: &str, versions: &[&[Value]]) -> Value {
    let list: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(at, statements)| json!({"VersionId": format!("v{}", at + 1), "IsDefaultVersion": at == 0, "Document": document(statements)}))
        .collect();
    json!({"PolicyName": name, "Arn": arn(&format!("policy/{name}")), "DefaultVersionId": "v1", "PolicyVersionList": list})
}

fn attached(mut principal: Value, policies: &[&str]) -> Value {
    let list: Vec<Value> =
        policies.iter().map(|name| json!({"PolicyName": name, "PolicyArn": arn(&format!("policy/{name}"))})).collect();
    principal["AttachedManagedPolicies"] = Value::Array(list);
    principal
}

fn with(mut principal: Value, member: &str, value: Value) -> Value {
    principal[member] = value;
    principal
}

fn bounded(principal: Value, policy: &str) -> Value {
    let arn = arn(&format!("policy/{policy}"));
    with(principal, "PermissionsBoundary", json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}))
}

fn made() -> Made {
    Made {
        users: Vec::new(),
        roles: Vec::new(),
        groups: Vec::new(),
        managed: Vec::new(),
        key_policy: vec![named(json!({"AWS": arn("root")}), "kms:*", Value::Null)],
        metadata: json!({}),
        tags: json!([]),
        aliases: Vec::new(),
        grants: Vec::new(),
        organization: None,
        management: Vec::new(),
    }
}

impl Made {
    fn user(mut self, user: Value) -> Made {
        self.users.push(user);
        self
    }

    fn role(mut self, role: Value) -> Made {
        self.roles.push(role);
        self
    }

    fn group(mut self, name: &str, statements: &[Value]) -> Made {
        self.groups.push(json!({"GroupName": name, "Arn": arn(&format!("group/{name}")),
            "GroupPolicyList": [inline("own", statements)], "AttachedManagedPolicies": []}));
        self
    }

    fn managed(mut self, policy: Value) -> Made {
        self.managed.push(policy);
        self
    }

    fn key(mut self, statements: Vec<Value>) -> Made {
        self.key_policy = statements;
        self
    }

    fn told(mut self, member: &str, value: &str) -> Made {
        self.metadata[member] = value.into();
        self
    }

    fn tags(mut self, tags: &[(&str, &str)]) -> Made {
        self.tags = tags.iter().map(|(key, value)| json!({"TagKey": key, "TagValue": value})).collect();
        self
    }

    fn alias(mut self, name: &str, key: &str) -> Made {
        self.aliases.push((name.into(), key.into()));
        self
    }

    /// An SCP of the member account, and somebody of the management account.
    fn organization(mut self, scp: &[Value], manager: Value) -> Made {
        let full = json!({"PolicySummary": {"Id": "p-FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}, "Targets": ["r-1", ACCOUNT, MANAGEMENT]});
        let own = json!({"PolicySummary": {"Id": "p-12345678", "Arn": format!("arn:aws:organizations::{MANAGEMENT}:policy/o-1/service_control_policy/p-12345678"),
            "Type": "SERVICE_CONTROL_POLICY"}, "Content": document(scp), "Targets": [ACCOUNT]});
        self.organization = Some(json!({"Organization": {"Id": "o-1", "MasterAccountId": MANAGEMENT},
            "Roots": [{"Id": "r-1", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}],
            "Accounts": [{"Id": ACCOUNT, "ParentId": "r-1"}, {"Id": MANAGEMENT, "ParentId": "r-1"}], "Policies": [full, own]}));
        self.management.push(manager);
        self
    }

    /// Nothing but the SCP of its own is attached to the member account.
    fn only_own_scp(mut self) -> Made {
        self.organization.as_mut().unwrap()["Policies"][0]["Targets"] = json!(["r-1", MANAGEMENT]);
        self
    }

    /// What the organization delegates to members.
    fn delegating(mut self, statements: &[Value]) -> Made {
        let content = document(statements).to_string();
        self.organization.as_mut().unwrap()["ResourcePolicy"] = json!({"Content": content});
        self
    }

    fn sources(&self) -> Vec<Source> {
        let details = json!({"UserDetailList": self.users, "RoleDetailList": self.roles, "GroupDetailList": self.groups,
            "Policies": self.managed, "IsTruncated": false});
        let mut metadata = json!({"AWSAccountId": ACCOUNT, "KeyId": KEY.rsplit('/').next(), "Arn": KEY, "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "MultiRegion": false});
        for (name, value) in self.metadata.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        if metadata["MultiRegion"] == json!("true") {
            metadata["MultiRegion"] = json!(true);
            metadata["MultiRegionConfiguration"] = json!({"MultiRegionKeyType": "PRIMARY"});
        }
        let aliases: Vec<Value> = self.aliases.iter()
            .map(|(name, key)| json!({"AliasName": name, "TargetKeyId": key.rsplit('/').next(), "AliasArn": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:{name}")}))
            .collect();
        let kms = format!("{ACCOUNT}/kms/eu-west-1");
        let key = format!("{kms}/{}", KEY.rsplit('/').next().unwrap());
        let other = format!("{kms}/{}", OTHER_KEY.rsplit('/').next().unwrap());
        let delegates = document(&[named(json!({"AWS": arn("root")}), "kms:*", Value::Null)]);
        let files = [
            (format!("{ACCOUNT}/details.json"), details),
            (
                format!("{MANAGEMENT}/details.json"),
                json!({"UserDetailList": self.management, "RoleDetailList": [], "GroupDetailList": [], "Policies": [], "IsTruncated": false}),
            ),
            (format!("{key}/describe.json"), json!({"KeyMetadata": metadata})),
            (format!("{key}/policy.json"), document(&self.key_policy)),
            (format!("{key}/grants.json"), json!({"Grants": self.grants, "Truncated": false})),
            (format!("{key}/tags.json"), json!({"Tags": self.tags, "Truncated": false})),
            (format!("{other}/policy.json"), delegates),
            (format!("{other}/grants.json"), json!({"Grants": [], "Truncated": false})),
            (format!("{kms}/aliases.json"), json!({"Aliases": aliases, "Truncated": false})),
        ];
        let organization = self.organization.iter().map(|value| ("organization.json".to_owned(), value.clone()));
        files.into_iter().chain(organization).map(|(path, value)| Source::new(path, value.to_string())).collect()
    }
}

/// The actions of the way of one principal to `kms:Decrypt`; nothing if there is no row at all.
fn way(made: &Made, who: &str) -> Option<Vec<String>> {
    let world = World::from_sources(made.sources());
    let key = world.key(KEY).unwrap();
    let mut search = Search::new(&world, "kms:Decrypt", Quirks::default()).unwrap();
    let found = search.with_escalations(&[key]).remove(0);
    let entry = found.entries.iter().find(|entry| entry.who.text(&world) == who)?;
    for step in &entry.answer.path {
        assert!(!step.why.is_empty());
    }
    if let Some(first) = &entry.answer.first {
        // The first step is allowed as things are, which its own witness shows.
        let asked = world.ask(
            first.caller().text(),
            first.action(),
            first.resource(),
            wardbook_inventory::circumstances::Circumstances::direct_call(),
            Quirks::default(),
        );
        if let Ok(asked) = asked {
            assert_ne!(asked.layers.decide(first, Quirks::default()).verdict(), Verdict::ExplicitDeny, "{who}");
        }
    }
    Some(entry.answer.path.iter().map(|step| step.action.to_string()).collect())
}

#[track_caller]
fn works(made: &Made, who: &str, path: &[&str]) {
    assert_eq!(way(made, who).as_deref(), Some(&path.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>()[..]));
}

#[track_caller]
fn stopped(made: &Made, who: &str) {
    assert_eq!(way(made, who), None);
}

fn ana() -> String {
    arn("user/ana")
}

/// Each action of IAM with which a user gets there alone, the resource it needs, and a world with Ana in it.
#[test]
fn a_user_changes_its_own_policies() {
    let me = &*ana();
    let plain = |own: &[Value]| made().user(user("ana", own));
    for action in ["iam:PutUserPolicy", "iam:AttachUserPolicy"] {
        works(&plain(&[allow(action, me)]), me, &[action]);
        stopped(&plain(&[allow(action, &arn("user/ben"))]), me);
        stopped(&plain(&[allow(action, me), deny(action, me)]), me);
        // Whatever is attached, a Deny of its own stands, unless the policy that holds it is overwritten.
        match action {
            "iam:PutUserPolicy" => works(&plain(&[allow(action, me), deny("kms:Decrypt", "*")]), me, &[action]),
            _ => stopped(&plain(&[allow(action, me), deny("kms:Decrypt", "*")]), me),
        }
        let boundary = managed("only-iam", &[&[allow("iam:*", "*")]]);
        stopped(&made().user(bounded(user("ana", &[allow(action, me)]), "only-iam")).managed(boundary), me);
        // A key that leaves nothing to the account.
        let closed = vec![named(json!({"AWS": arn("role/other")}), "kms:Decrypt", Value::Null)];
        stopped(&plain(&[allow(action, me)]).key(closed), me);
    }
    // Only a policy may be attached that does not allow it.
    let only = |name: &str| {
        let condition = json!({"ArnEquals": {"iam:PolicyARN": arn(&format!("policy/{name}"))}});
        let own = [statement("Allow", "iam:AttachUserPolicy", me, condition)];
        plain(&own)
            .managed(managed("reads", &[&[allow("s3:GetObject", "*")]]))
            .managed(managed("opens", &[&[allow("kms:Decrypt", "*")]]))
    };
    works(&only("opens"), me, &["iam:AttachUserPolicy"]);
    stopped(&only("reads"), me);
}

#[test]
fn a_user_joins_a_group_that_may() {
    let me = &*ana();
    let with = |group: &[Value], own: &[Value]| made().user(user("ana", own)).group("openers", group);
    let join = allow("iam:AddUserToGroup", &arn("group/openers"));
    works(&with(&[allow("kms:Decrypt", "*")], std::slice::from_ref(&join)), me, &["iam:AddUserToGroup"]);
    stopped(&with(&[allow("kms:Encrypt", "*")], std::slice::from_ref(&join)), me);
    stopped(&with(&[allow("kms:Decrypt", OTHER_KEY)], std::slice::from_ref(&join)), me);
    stopped(&with(&[allow("kms:Decrypt", "*")], &[allow("iam:AddUserToGroup", &arn("group/others"))]), me);
    stopped(&with(&[allow("kms:Decrypt", "*")], &[join.clone(), deny("kms:*", KEY)]), me);
    // Roles are in no group.
    let role_of = role("app", &[join], json!({"Service": "ec2.amazonaws.com"}));
    stopped(&made().role(role_of).group("openers", &[allow("kms:Decrypt", "*")]), &arn("role/app"));
}

#[test]
fn a_user_changes_the_policies_of_its_group() {
    let me = &*ana();
    for action in ["iam:PutGroupPolicy", "iam:AttachGroupPolicy"] {
        let of = |group: &str| {
            let own = user("ana", &[allow(action, &arn(&format!("group/{group}")))]);
            made()
                .user(with(own, "GroupList", json!(["staff"])))
                .group("staff", &[allow("s3:*", "*")])
                .group("openers", &[allow("s3:*", "*")])
        };
        works(&of("staff"), me, &[action]);
        stopped(&of("openers"), me);
    }
}

#[test]
fn a_policy_gets_another_version() {
    let me = &*ana();
    let own = |action: &str| attached(user("ana", &[allow(action, &arn("policy/mine"))]), &["mine"]);
    let reads = [allow("s3:GetObject", "*")];
    let opens = [allow("kms:Decrypt", "*")];
    works(
        &made().user(own("iam:CreatePolicyVersion")).managed(managed("mine", &[&reads])),
        me,
        &["iam:CreatePolicyVersion"],
    );
    let elsewhere = user("ana", &[allow("iam:CreatePolicyVersion", &arn("policy/mine"))]);
    stopped(&made().user(elsewhere).managed(managed("mine", &[&reads])), me);
    // There has to be a version that allows it.
    works(
        &made().user(own("iam:SetDefaultPolicyVersion")).managed(managed("mine", &[&reads, &opens])),
        me,
        &["iam:SetDefaultPolicyVersion"],
    );
    stopped(&made().user(own("iam:SetDefaultPolicyVersion")).managed(managed("mine", &[&reads, &reads])), me);
    stopped(&made().user(own("iam:SetDefaultPolicyVersion")).managed(managed("mine", &[&reads])), me);
}

#[test]
fn what_denies_is_taken_away() {
    let me = &*ana();
    let opens = allow("kms:Decrypt", "*");
    let denies = [deny("kms:Decrypt", "*")];
    // Inline: deleted or overwritten.
    for action in ["iam:DeleteUserPolicy", "iam:PutUserPolicy"] {
        let two = |own: &[Value]| {
            with(user("ana", own), "UserPolicyList", json!([inline("own", own), inline("no", &denies)]))
        };
        works(&made().user(two(&[opens.clone(), allow(action, me)])), me, &[action]);
        stopped(&made().user(two(&[opens.clone(), allow(action, &arn("user/ben"))])), me);
        stopped(&made().user(two(&[opens.clone(), allow(action, me), deny(action, me)])), me);
    }
    // Attached: detached, or given another version.
    for (action, on) in [("iam:DetachUserPolicy", me.to_owned()), ("iam:CreatePolicyVersion", arn("policy/no"))] {
        let own = |on: &str| attached(user("ana", &[opens.clone(), allow(action, on)]), &["no"]);
        works(&made().user(own(&on)).managed(managed("no", &[&denies])), me, &[action]);
        stopped(&made().user(own(&arn("user/ben"))).managed(managed("no", &[&denies])), me);
    }
    // Of a group: left, or its policy deleted.
    for action in ["iam:RemoveUserFromGroup", "iam:DeleteGroupPolicy", "iam:PutGroupPolicy"] {
        let own = |group: &str| {
            with(
                user("ana", &[opens.clone(), allow(action, &arn(&format!("group/{group}")))]),
                "GroupList",
                json!(["staff"]),
            )
        };
        works(&made().user(own("staff")).group("staff", &denies), me, &[action]);
        stopped(&made().user(own("others")).group("staff", &denies), me);
    }
    // Leaving a group gives up what it allows.
    let both = [opens.clone(), denies[0].clone()];
    let own =
        with(user("ana", &[allow("iam:RemoveUserFromGroup", &arn("group/staff"))]), "GroupList", json!(["staff"]));
    stopped(&made().user(own).group("staff", &both), me);
}

#[test]
fn a_boundary_is_taken_away_or_widened() {
    let me = &*ana();
    let opens = allow("kms:Decrypt", "*");
    for action in ["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"] {
        let own = |statements: &[Value]| {
            made()
                .user(bounded(user("ana", statements), "edge"))
                .managed(managed("edge", &[&[allow("iam:* s3:*", "*")]]))
        };
        works(&own(&[opens.clone(), allow(action, me)]), me, &[action]);
        stopped(&own(&[allow(action, me)]), me);
        stopped(&own(&[opens.clone(), allow(action, me), deny(action, "*")]), me);
        // The boundary itself may keep its owner from it.
        let strict = made()
            .user(bounded(user("ana", &[opens.clone(), allow(action, me)]), "edge"))
            .managed(managed("edge", &[&[allow("s3:*", "*")]]));
        stopped(&strict, me);
    }
    // Both at once.
    let both = [allow("iam:PutUserPolicy iam:DeleteUserPermissionsBoundary", me)];
    let world = made().user(bounded(user("ana", &both), "edge")).managed(managed("edge", &[&[allow("iam:*", "*")]]));
    works(&world, me, &["iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"]);
    // A boundary may be set only to itself.
    let condition = json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy/edge")}});
    let own = [opens.clone(), statement("Allow", "iam:PutUserPermissionsBoundary", me, condition)];
    stopped(&made().user(bounded(user("ana", &own), "edge")).managed(managed("edge", &[&[allow("iam:*", "*")]])), me);
}

#[test]
fn a_role_is_changed_and_then_assumed() {
    let me = &*ana();
    let app = arn("role/app");
    let trusts = json!({"AWS": arn("root")});
    for (action, kms) in [
        ("iam:PutRolePolicy", vec![]),
        ("iam:AttachRolePolicy", vec![]),
        ("iam:DeleteRolePolicy", vec![allow("kms:Decrypt", "*")]),
    ] {
        let denies = action == "iam:DeleteRolePolicy";
        let list = |own: &[Value]| match denies {
            true => json!([inline("own", own), inline("no", &[deny("kms:Decrypt", "*")])]),
            false => json!([inline("own", own)]),
        };
        let target = with(role("app", &[], trusts.clone()), "RolePolicyList", list(&kms));
        let world = |own: &[Value]| made().user(user("ana", own)).role(target.clone());
        works(&world(&[allow(action, &app), allow("sts:AssumeRole", &app)]), me, &[action, "sts:AssumeRole"]);
        stopped(&world(&[allow(action, &app)]), me);
        stopped(&world(&[allow(action, &arn("role/other")), allow("sts:AssumeRole", &app)]), me);
        stopped(&world(&[allow(action, &app), allow("sts:AssumeRole", &app), deny("sts:AssumeRole", "*")]), me);
    }
    for action in ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"] {
        let target = bounded(role("app", &[allow("kms:Decrypt", "*")], trusts.clone()), "edge");
        let world = |own: &[Value]| {
            made().user(user("ana", own)).role(target.clone()).managed(managed("edge", &[&[allow("s3:*", "*")]]))
        };
        works(&world(&[allow(action, &app), allow("sts:AssumeRole", &app)]), me, &[action, "sts:AssumeRole"]);
        stopped(&world(&[allow(action, &app)]), me);
    }
}

#[test]
fn roles_are_taken_over_as_their_trust_allows() {
    let me = &*ana();
    let app = arn("role/app");
    let opens = [allow("kms:Decrypt", "*")];
    let world = |own: &[Value], trusted: Value| made().user(user("ana", own)).role(role("app", &opens, trusted));
    let ours = json!({"AWS": arn("root")});
    let ec2 = json!({"Service": "ec2.amazonaws.com"});
    works(&world(&[allow("sts:AssumeRole", &app)], ours.clone()), me, &["sts:AssumeRole"]);
    stopped(&world(&[allow("sts:AssumeRole", &app)], ec2.clone()), me);
    stopped(&world(&[], ours.clone()), me);
    // A trust policy that names her needs nothing else.
    works(&world(&[], json!({"AWS": me})), me, &["sts:AssumeRole"]);
    stopped(&world(&[deny("sts:AssumeRole", "*")], json!({"AWS": me})), me);
    let rewrite = [allow("iam:UpdateAssumeRolePolicy", &app)];
    works(&world(&rewrite, ec2.clone()), me, &["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"]);
    stopped(&world(&[allow("iam:UpdateAssumeRolePolicy", &arn("role/other"))], ec2), me);
    // Users are taken over by their credentials.
    for action in ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"] {
        let ben = arn("user/ben");
        let world = |own: &[Value]| made().user(user("ana", own)).user(user("ben", &opens));
        works(&world(&[allow(action, &ben)]), me, &[action]);
        stopped(&world(&[allow(action, me)]), me);
        stopped(&world(&[allow(action, &ben), deny("iam:*", &ben)]), me);
    }
}

#[test]
fn a_role_is_handed_to_a_service_that_it_trusts() {
    let me = &*ana();
    let app = arn("role/app");
    let opens = [allow("kms:Decrypt", "*")];
    for (service, actions) in [
        ("lambda.amazonaws.com", "lambda:CreateFunction lambda:InvokeFunction"),
        ("ec2.amazonaws.com", "ec2:RunInstances"),
        ("ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition ecs:RunTask"),
        ("ecs-tasks.amazonaws.com", "batch:RegisterJobDefinition batch:SubmitJob"),
        ("glue.amazonaws.com", "glue:CreateJob glue:StartJobRun"),
        ("glue.amazonaws.com", "glue:CreateDevEndpoint"),
        ("codebuild.amazonaws.com", "codebuild:CreateProject codebuild:StartBuild"),
        ("cloudformation.amazonaws.com", "cloudformation:CreateStack"),
        ("sagemaker.amazonaws.com", "sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl"),
        ("sagemaker.amazonaws.com", "sagemaker:CreateTrainingJob"),
        ("sagemaker.amazonaws.com", "sagemaker:CreateProcessingJob"),
        ("datapipeline.amazonaws.com", "datapipeline:CreatePipeline datapipeline:PutPipelineDefinition"),
        ("ssm.amazonaws.com", "ssm:StartAutomationExecution"),
        ("states.amazonaws.com", "states:CreateStateMachine states:StartExecution"),
        ("tasks.apprunner.amazonaws.com", "apprunner:CreateService"),
        ("elasticmapreduce.amazonaws.com", "elasticmapreduce:RunJobFlow"),
        ("lambda.amazonaws.com", "lambda:CreateFunction lambda:CreateFunctionUrlConfig"),
        ("lambda.amazonaws.com", "lambda:CreateFunction lambda:AddPermission"),
        ("lambda.amazonaws.com", "lambda:UpdateFunctionConfiguration lambda:UpdateFunctionCode lambda:InvokeFunction"),
        ("ec2.amazonaws.com", "ec2:AssociateIamInstanceProfile"),
        ("ec2.amazonaws.com", "ec2:ReplaceIamInstanceProfileAssociation"),
        ("ec2.amazonaws.com", "autoscaling:CreateLaunchConfiguration autoscaling:CreateAutoScalingGroup"),
        ("ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition ecs:StartTask"),
        ("ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition ecs:CreateService"),
        ("ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition ecs:UpdateService"),
        ("codebuild.amazonaws.com", "codebuild:UpdateProject codebuild:StartBuild"),
        ("cloudformation.amazonaws.com", "cloudformation:UpdateStack"),
        ("cloudformation.amazonaws.com", "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet"),
        ("cloudformation.amazonaws.com", "cloudformation:CreateStackSet cloudformation:CreateStackInstances"),
        ("glue.amazonaws.com", "glue:UpdateJob glue:StartJobRun"),
        ("glue.amazonaws.com", "glue:CreateSession glue:RunStatement"),
    ] {
        let world = |own: &[Value], trusted: &str| {
            made().user(user("ana", own)).role(role("app", &opens, json!({"Service": trusted})))
        };
        let own = [allow("iam:PassRole", &app), allow(actions, "*")];
        let path: Vec<&str> = std::iter::once("iam:PassRole").chain(actions.split(' ')).collect();
        works(&world(&own, service), me, &path);
        stopped(&world(&own, "config.amazonaws.com"), me);
        stopped(&world(&own[1..], service), me);
        stopped(&world(&own[..1], service), me);
        let elsewhere = json!({"StringEquals": {"iam:PassedToService": "config.amazonaws.com"}});
        stopped(&world(&[statement("Allow", "iam:PassRole", &app, elsewhere), own[1].clone()], service), me);
    }
    // Names and regions that the caller's policies want are used.
    let narrow = [
        allow("iam:PassRole", &app),
        allow("lambda:*", &format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:team-*")),
    ];
    let world = made().user(user("ana", &narrow)).role(role("app", &opens, json!({"Service": "lambda.amazonaws.com"})));
    works(&world, me, &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]);
}

#[test]
fn tags_of_principals_are_changed() {
    let me = &*ana();
    let team = json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}});
    let opens = statement("Allow", "kms:Decrypt", "*", team.clone());
    let tag = allow("iam:TagUser", me);
    let own = |statements: &[Value]| made().user(user("ana", statements));
    works(&own(&[opens.clone(), tag.clone()]), me, &["iam:TagUser"]);
    stopped(&own(std::slice::from_ref(&opens)), me);
    stopped(&own(&[opens.clone(), tag.clone(), deny("iam:TagUser", "*")]), me);
    // Only another value, or another tag, may be set.
    for (condition, works_) in [
        (json!({"StringEquals": {"aws:RequestTag/team": "ads"}}), false),
        (json!({"StringEquals": {"aws:RequestTag/team": "pay"}}), true),
        (json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}}), false),
        (json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["cost", "team"]}}), true),
    ] {
        let world = own(&[opens.clone(), statement("Allow", "iam:TagUser", me, condition)]);
        match works_ {
            true => works(&world, me, &["iam:TagUser"]),
            false => stopped(&world, me),
        }
    }
    // A tag that keeps her out is removed.
    let quarantined = statement("Deny", "kms:*", "*", json!({"StringEquals": {"aws:PrincipalTag/state": "locked"}}));
    let tagged =
        |own: &[Value]| made().user(with(user("ana", own), "Tags", json!([{"Key": "state", "Value": "locked"}])));
    works(
        &tagged(&[allow("kms:Decrypt", "*"), quarantined.clone(), allow("iam:UntagUser", me)]),
        me,
        &["iam:UntagUser"],
    );
    stopped(&tagged(&[allow("kms:Decrypt", "*"), quarantined]), me);
    // A role gets its tag from somebody who then assumes it, by IAM or with the session.
    let app = arn("role/app");
    let target = role("app", std::slice::from_ref(&opens), json!({"AWS": arn("root")}));
    let world = |statements: &[Value]| made().user(user("ana", statements)).role(target.clone());
    works(&world(&[allow("iam:TagRole sts:AssumeRole", &app)]), me, &["iam:TagRole", "sts:AssumeRole"]);
    works(&world(&[allow("sts:AssumeRole sts:TagSession", &app)]), me, &["sts:TagSession", "sts:AssumeRole"]);
    stopped(&world(&[allow("sts:AssumeRole", &app)]), me);
    let ads = json!({"StringEquals": {"aws:RequestTag/team": "ads"}});
    stopped(&world(&[statement("Allow", "sts:AssumeRole sts:TagSession", &app, ads)]), me);
    // A trust policy that knows nothing of tags does not let a session have any.
    let mut closed = target.clone();
    closed["AssumeRolePolicyDocument"]["Statement"][0]["Action"] = json!("sts:AssumeRole");
    stopped(&made().user(user("ana", &[allow("sts:AssumeRole sts:TagSession", &app)])).role(closed), me);
}

#[test]
fn tags_of_the_key_are_changed() {
    let me = &*ana();
    let team = json!({"StringEquals": {"aws:ResourceTag/team": "pay"}});
    let opens = statement("Allow", "kms:Decrypt", "*", team);
    let own = |statements: &[Value]| made().user(user("ana", statements));
    works(&own(&[opens.clone(), allow("kms:TagResource", KEY)]), me, &["kms:TagResource"]);
    stopped(&own(&[opens.clone(), allow("kms:TagResource", OTHER_KEY)]), me);
    stopped(&own(&[opens.clone(), allow("kms:TagResource", KEY), deny("kms:TagResource", "*")]), me);
    let other = json!({"StringEquals": {"aws:RequestTag/team": "ads"}});
    stopped(&own(&[opens.clone(), statement("Allow", "kms:TagResource", KEY, other)]), me);
    let locked = statement("Deny", "kms:Decrypt", "*", json!({"StringEquals": {"aws:ResourceTag/state": "locked"}}));
    let tagged = |statements: &[Value]| own(statements).tags(&[("state", "locked"), ("team", "pay")]);
    works(&tagged(&[opens.clone(), locked.clone(), allow("kms:UntagResource", KEY)]), me, &["kms:UntagResource"]);
    works(&tagged(&[opens.clone(), locked.clone(), allow("kms:TagResource", KEY)]), me, &["kms:TagResource"]);
    stopped(&tagged(&[opens.clone(), locked.clone()]), me);
    let only = json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}});
    stopped(&tagged(&[opens, locked, statement("Allow", "kms:UntagResource", KEY, only)]), me);
}

#[test]
fn aliases_are_made_moved_and_deleted() {
    let me = &*ana();
    let alias = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:alias/pay-any");
    for condition in [
        json!({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/pay-any"}}),
        json!({"StringEquals": {"kms:RequestAlias": "alias/pay-any"}}),
    ] {
        let opens = statement("Allow", "kms:Decrypt", "*", condition.clone());
        let own = |statements: &[Value]| made().user(user("ana", statements));
        let by_request = condition["StringEquals"].is_object();
        let path = |action: &'static str| if by_request { vec![action, "kms:Decrypt"] } else { vec![action] };
        let make = [allow("kms:CreateAlias", KEY), allow("kms:CreateAlias", &alias)];
        let all = |more: &[Value]| [std::slice::from_ref(&opens), more].concat();
        works(&own(&all(&make)), me, &path("kms:CreateAlias"));
        // It takes both the key and the alias.
        stopped(&own(&all(&make[..1])), me);
        stopped(&own(&all(&make[1..])), me);
        stopped(&own(&all(&[])), me);
        // A name that is taken is moved, which the other key has to allow as well.
        let taken = |statements: &[Value]| own(statements).alias("alias/pay-any", OTHER_KEY);
        stopped(&taken(&all(&make)), me);
        works(&taken(&all(&[allow("kms:UpdateAlias", "*")])), me, &path("kms:UpdateAlias"));
        stopped(&taken(&all(&[allow("kms:UpdateAlias", KEY), allow("kms:UpdateAlias", &alias)])), me);
    }
    // An alias by which the key is kept from her.
    let locked = statement(
        "Deny",
        "kms:Decrypt",
        "*",
        json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/locked"}}),
    );
    let own = |more: Value| {
        made().user(user("ana", &[allow("kms:Decrypt", "*"), locked.clone(), more])).alias("alias/locked", KEY)
    };
    works(&own(allow("kms:DeleteAlias", "*")), me, &["kms:DeleteAlias"]);
    stopped(&own(allow("kms:DeleteAlias", KEY)), me);
    // More aliases do not help against it.
    stopped(&own(allow("kms:CreateAlias kms:UpdateAlias", "*")), me);
}

#[test]
fn powers_over_the_key_itself() {
    let me = &*ana();
    let own = |statements: &[Value]| made().user(user("ana", statements));
    for action in ["kms:PutKeyPolicy", "kms:CreateGrant", "kms:ReEncryptFrom"] {
        works(&own(&[allow(action, KEY)]), me, &[action]);
        stopped(&own(&[allow(action, OTHER_KEY)]), me);
        stopped(&own(&[allow(action, KEY), deny(action, "*")]), me);
        let boundary = managed("edge", &[&[allow("s3:*", "*")]]);
        stopped(&made().user(bounded(user("ana", &[allow(action, KEY)]), "edge")).managed(boundary), me);
    }
    // What she may not do stays denied, whatever the key allows.
    for action in ["kms:PutKeyPolicy", "kms:CreateGrant"] {
        stopped(&own(&[allow(action, KEY), deny("kms:Decrypt", "*")]), me);
    }
    // Grants that are not hers, or of other operations.
    for (condition, works_) in [
        (json!({"StringEquals": {"kms:GranteePrincipal": arn("role/other")}}), false),
        (json!({"StringEquals": {"kms:GranteePrincipal": me}}), true),
        (json!({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt"]}}), false),
        (json!({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}}), true),
        (json!({"Bool": {"kms:GrantIsForAWSResource": "true"}}), false),
    ] {
        let world = own(&[statement("Allow", "kms:CreateGrant", KEY, condition)]);
        match works_ {
            true => works(&world, me, &["kms:CreateGrant"]),
            false => stopped(&world, me),
        }
    }
    // A replica is a key that somebody makes, of a primary that may have some.
    let both = [allow("kms:ReplicateKey", KEY), allow("kms:CreateKey", "*")];
    works(&own(&both).told("MultiRegion", "true"), me, &["kms:ReplicateKey"]);
    stopped(&own(&both), me);
    stopped(&own(&both[..1]).told("MultiRegion", "true"), me);
    stopped(&own(&[both[0].clone(), both[1].clone(), deny("kms:Decrypt", "*")]).told("MultiRegion", "true"), me);
}

#[test]
fn keys_that_cannot_be_used_are_brought_back() {
    let me = &*ana();
    for (state, action) in [("Disabled", "kms:EnableKey"), ("PendingDeletion", "kms:CancelKeyDeletion")] {
        let own = |statements: &[Value]| made().user(user("ana", statements)).told("KeyState", state);
        works(&own(&[allow("kms:Decrypt", KEY), allow(action, KEY)]), me, &[action]);
        stopped(&own(&[allow("kms:Decrypt", KEY)]), me);
        stopped(&own(&[allow(action, KEY), deny(action, "*")]), me);
    }
    let agreement = |statements: &[Value]| {
        made().user(user("ana", statements)).told("KeyUsage", "KEY_AGREEMENT").told("KeySpec", "ECC_NIST_P256")
    };
    works(&agreement(&[allow("kms:DeriveSharedSecret", KEY)]), me, &["kms:DeriveSharedSecret"]);
    stopped(&agreement(&[allow("kms:Decrypt", KEY)]), me);
}

#[test]
fn an_account_that_nobody_collected_uses_its_powers_too() {
    let partner = "444455556666";
    let root = format!("arn:aws:iam::{partner}:root");
    for (action, there) in [
        ("kms:CreateGrant", true),
        ("kms:ReEncryptFrom", true),
        ("kms:DescribeKey", false),
        ("kms:PutKeyPolicy", false),
    ] {
        let key = |condition: Value| made().key(vec![named(json!({"AWS": root}), action, condition)]);
        match there {
            // Policies of keys are for their own account alone.
            false => stopped(&key(Value::Null), partner),
            true => works(&key(Value::Null), partner, &[action]),
        }
    }
    let other = json!({"StringEquals": {"kms:GranteePrincipal": arn("role/other")}});
    stopped(&made().key(vec![named(json!({"AWS": root}), "kms:CreateGrant", other)]), partner);
    // The root user of the key's own account.
    let own = made().key(vec![named(json!({"AWS": arn("root")}), "kms:PutKeyPolicy", Value::Null)]);
    works(&own, &arn("root"), &["kms:PutKeyPolicy"]);
    stopped(&made().key(vec![named(json!({"AWS": arn("root")}), "kms:DescribeKey", Value::Null)]), &arn("root"));
}

const SCP: &str = "service_control_policy/p-12345678";

/// The ARN of something of the organization.
fn of_organization(rest: &str) -> String {
    let (kind, id) = rest.split_once('/').unwrap();
    format!("arn:aws:organizations::{MANAGEMENT}:{kind}/o-1/{id}")
}

fn boss(statements: &[Value]) -> Value {
    let manager = format!("arn:aws:iam::{MANAGEMENT}:user/boss");
    with(with(user("boss", statements), "Arn", json!(manager)), "UserName", json!("boss"))
}

#[test]
fn an_organizations_policy_is_changed_from_the_management_account() {
    let manager = format!("arn:aws:iam::{MANAGEMENT}:user/boss");
    let app = arn("role/app");
    let scp = [deny("kms:Decrypt", "*")];
    let policy = of_organization(&format!("policy/{SCP}"));
    let account = of_organization(&format!("account/{ACCOUNT}"));
    let world = |statements: &[Value]| {
        let trusted = json!({"AWS": format!("arn:aws:iam::{MANAGEMENT}:root")});
        made().role(role("app", &[allow("kms:Decrypt", "*")], trusted)).organization(&scp, boss(statements))
    };
    for action in ["organizations:DetachPolicy", "organizations:UpdatePolicy"] {
        let both = [allow(action, &policy), allow(action, &account), allow("sts:AssumeRole", &app)];
        works(&world(&both), &manager, &[action, "sts:AssumeRole"]);
        stopped(&world(&both[..2]), &manager);
        stopped(
            &world(&[
                allow(action, "arn:aws:organizations::1:policy/o-1/service_control_policy/p-9"),
                allow(action, &account),
                allow("sts:AssumeRole", &app),
            ]),
            &manager,
        );
        stopped(&world(&[both[0].clone(), both[1].clone(), both[2].clone(), deny(action, "*")]), &manager);
        // The kind of the policy may be asked for.
        let of_kind = |kind: &str| {
            let kind = json!({"StringEquals": {"organizations:PolicyType": kind}});
            [statement("Allow", action, "*", kind), allow("sts:AssumeRole", &app)]
        };
        works(&world(&of_kind("SERVICE_CONTROL_POLICY")), &manager, &[action, "sts:AssumeRole"]);
        stopped(&world(&of_kind("TAG_POLICY")), &manager);
    }
    // To detach it, one needs to be allowed to on what it is attached to as well.
    stopped(&world(&[allow("organizations:DetachPolicy", &policy), allow("sts:AssumeRole", &app)]), &manager);
    // All policies of the type are switched off at the root.
    let off = "organizations:DisablePolicyType";
    works(
        &world(&[allow(off, &of_organization("root/r-1")), allow("sts:AssumeRole", &app)]),
        &manager,
        &[off, "sts:AssumeRole"],
    );
    stopped(&world(&[allow(off, &of_organization("root/r-2")), allow("sts:AssumeRole", &app)]), &manager);
    // A member cannot, whatever its own policies say.
    let member = user("ana", &[allow("organizations:* kms:Decrypt", "*")]);
    stopped(&made().user(member).organization(&scp, boss(&[])), &ana());
}

/// Where nothing denies it and an SCP does not allow it, one that does is attached, or that one is changed.
#[test]
fn a_policy_of_the_organization_is_attached_that_allows_it() {
    let manager = format!("arn:aws:iam::{MANAGEMENT}:user/boss");
    let app = arn("role/app");
    let full = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess";
    let account = of_organization(&format!("account/{ACCOUNT}"));
    let world = |statements: &[Value]| {
        let trusted = json!({"AWS": format!("arn:aws:iam::{MANAGEMENT}:root")});
        let world = made().role(role("app", &[allow("kms:Decrypt", "*")], trusted));
        world.organization(&[allow("s3:*", "*")], boss(statements)).only_own_scp()
    };
    let attach = "organizations:AttachPolicy";
    let assume = || allow("sts:AssumeRole", &app);
    works(&world(&[allow(attach, full), allow(attach, &account), assume()]), &manager, &[attach, "sts:AssumeRole"]);
    stopped(&world(&[allow(attach, full), assume()]), &manager);
    stopped(&world(&[allow(attach, &account), assume()]), &manager);
    let update = "organizations:UpdatePolicy";
    works(&world(&[allow(update, "*"), assume()]), &manager, &[update, "sts:AssumeRole"]);
    // Without it nothing would allow anything any more.
    stopped(&world(&[allow("organizations:DetachPolicy", "*"), assume()]), &manager);
    // What denies it stays.
    let denied = made().role(role(
        "app",
        &[allow("kms:Decrypt", "*")],
        json!({"AWS": format!("arn:aws:iam::{MANAGEMENT}:root")}),
    ));
    let denied = denied.organization(&[deny("kms:Decrypt", "*")], boss(&[allow(attach, "*"), assume()]));
    stopped(&denied, &manager);
}

/// A member administers the organization's policies only as far as these delegate it and its own policies allow.
#[test]
fn a_delegated_administrator_changes_the_organizations_policies() {
    let scp = [statement("Deny", "kms:Decrypt", "*", Value::Null)];
    let update = "organizations:UpdatePolicy";
    let policy = of_organization(&format!("policy/{SCP}"));
    let member = |statements: &[Value]| made().user(user("ana", statements)).organization(&scp, boss(&[]));
    let delegated = |actions: &str, resource: &str, account: &str| {
        let mut statement = named(json!({"AWS": format!("arn:aws:iam::{account}:root")}), actions, Value::Null);
        statement["Resource"] = json!(resource);
        statement
    };
    let own = [allow("kms:Decrypt", "*"), allow(update, "*")];
    works(&member(&own).delegating(&[delegated(update, &policy, ACCOUNT)]), &ana(), &[update]);
    stopped(&member(&own), &ana());
    stopped(&member(&own[..1]).delegating(&[delegated(update, &policy, ACCOUNT)]), &ana());
    stopped(&member(&own).delegating(&[delegated("organizations:Describe*", "*", ACCOUNT)]), &ana());
    stopped(
        &member(&own).delegating(&[delegated(update, "arn:aws:organizations::1:policy/o-1/x/p-9", ACCOUNT)]),
        &ana(),
    );
    stopped(&member(&own).delegating(&[delegated(update, &policy, "444455556666")]), &ana());
}
