//! How somebody becomes somebody else: by assuming a role, by changing who may, by handing a role to a
//! service that runs one's code, or by making credentials of a user.

use std::collections::HashMap;
use std::rc::Rc;

use wardbook_policy::arn::Arn;
use wardbook_policy::quirk::Quirks;
use wardbook_policy::request::Request;
use wardbook_policy::statement::{Principals, Texts};

use super::change::{Changes, facts_of, requested_tags};
use super::search::Search;
use super::step::{Deed, Taken, take};
use super::{Step, Who};
use crate::circumstances::Circumstances;
use crate::layer::{Collected, OwnedLayers};
use crate::world::{Principal, PrincipalKind, World};

/// A way to run one's own code under a role: the service, and the actions beside iam:PassRole.
struct Compute {
    service: &'static str,
    /// What the actions are used on, as the last part of its ARN.
    resource: &'static str,
    actions: &'static [&'static str],
}

const COMPUTE: &[Compute] = &[
    Compute {
        service: "lambda.amazonaws.com",
        resource: "function:any",
        actions: &["lambda:CreateFunction", "lambda:InvokeFunction"],
    },
    Compute { service: "ec2.amazonaws.com", resource: "instance/any", actions: &["ec2:RunInstances"] },
    Compute {
        service: "ecs-tasks.amazonaws.com",
        resource: "task-definition/any:1",
        actions: &["ecs:RegisterTaskDefinition", "ecs:RunTask"],
    },
    Compute {
        service: "codebuild.amazonaws.com",
        resource: "project/any",
        actions: &["codebuild:CreateProject", "codebuild:StartBuild"],
    },
    Compute {
        service: "cloudformation.amazonaws.com",
        resource: "stack/any/any",
        actions: &["cloudformation:CreateStack"],
    },
    Compute { service: "glue.amazonaws.com", resource: "job/any", actions: &["glue:CreateJob", "glue:StartJobRun"] },
    Compute {
        service: "sagemaker.amazonaws.com",
        resource: "notebook-instance/any",
        actions: &["sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"],
    },
    Compute {
        service: "states.amazonaws.com",
        resource: "stateMachine:any",
        actions: &["states:CreateStateMachine", "states:StartExecution"],
    },
    Compute {
        service: "ssm.amazonaws.com",
        resource: "automation-definition/any:1",
        actions: &["ssm:StartAutomationExecution"],
    },
    Compute {
        service: "sagemaker.amazonaws.com",
        resource: "training-job/any",
        actions: &["sagemaker:CreateTrainingJob"],
    },
    Compute {
        service: "sagemaker.amazonaws.com",
        resource: "processing-job/any",
        actions: &["sagemaker:CreateProcessingJob"],
    },
    Compute { service: "glue.amazonaws.com", resource: "devEndpoint/any", actions: &["glue:CreateDevEndpoint"] },
    Compute {
        service: "ecs-tasks.amazonaws.com",
        resource: "job-definition/any:1",
        actions: &["batch:RegisterJobDefinition", "batch:SubmitJob"],
    },
    Compute {
        service: "tasks.apprunner.amazonaws.com",
        resource: "service/any/00000000000000000000000000000000",
        actions: &["apprunner:CreateService"],
    },
    Compute {
        service: "elasticmapreduce.amazonaws.com",
        resource: "cluster/any",
        actions: &["elasticmapreduce:RunJobFlow"],
    },
    Compute { service: "ec2.amazonaws.com", resource: "cluster/any", actions: &["elasticmapreduce:RunJobFlow"] },
    Compute {
        service: "datapipeline.amazonaws.com",
        resource: "pipeline/any",
        actions: &["datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"],
    },
    // Other ways to the same, and things that are there already and are given the role.
    Compute {
        service: "lambda.amazonaws.com",
        resource: "function:any",
        actions: &["lambda:CreateFunction", "lambda:CreateFunctionUrlConfig"],
    },
    Compute {
        service: "lambda.amazonaws.com",
        resource: "function:any",
        actions: &["lambda:CreateFunction", "lambda:AddPermission"],
    },
    Compute {
        service: "lambda.amazonaws.com",
        resource: "function:any",
        actions: &["lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionCode", "lambda:InvokeFunction"],
    },
    Compute { service: "ec2.amazonaws.com", resource: "instance/any", actions: &["ec2:AssociateIamInstanceProfile"] },
    Compute {
        service: "ec2.amazonaws.com",
        resource: "instance/any",
        actions: &["ec2:ReplaceIamInstanceProfileAssociation"],
    },
    Compute {
        service: "ec2.amazonaws.com",
        resource: "launchConfiguration:any:launchConfigurationName/any",
        actions: &["autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"],
    },
    Compute {
        service: "ecs-tasks.amazonaws.com",
        resource: "task-definition/any:1",
        actions: &["ecs:RegisterTaskDefinition", "ecs:StartTask"],
    },
    Compute {
        service: "ecs-tasks.amazonaws.com",
        resource: "task-definition/any:1",
        actions: &["ecs:RegisterTaskDefinition", "ecs:CreateService"],
    },
    Compute {
        service: "ecs-tasks.amazonaws.com",
        resource: "task-definition/any:1",
        actions: &["ecs:RegisterTaskDefinition", "ecs:UpdateService"],
    },
    Compute {
        service: "codebuild.amazonaws.com",
        resource: "project/any",
        actions: &["codebuild:UpdateProject", "codebuild:StartBuild"],
    },
    Compute {
        service: "cloudformation.amazonaws.com",
        resource: "stack/any/any",
        actions: &["cloudformation:UpdateStack"],
    },
    Compute {
        service: "cloudformation.amazonaws.com",
        resource: "stack/any/any",
        actions: &["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"],
    },
    Compute {
        service: "cloudformation.amazonaws.com",
        resource: "stackset/any:any",
        actions: &["cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"],
    },
    Compute { service: "glue.amazonaws.com", resource: "job/any", actions: &["glue:UpdateJob", "glue:StartJobRun"] },
    Compute {
        service: "glue.amazonaws.com",
        resource: "session/any",
        actions: &["glue:CreateSession", "glue:RunStatement"],
    },
];

/// Actions that make credentials of a user.
const CREDENTIALS: &[(&str, &str)] = &[
    ("iam:CreateAccessKey", "makes an access key of the user"),
    ("iam:CreateLoginProfile", "gives the user a password"),
    ("iam:UpdateLoginProfile", "changes the user's password"),
];

/// What somebody might use; a bit each, so that most are ruled out at once.
const INTERESTING: &[&str] = &[
    "sts:AssumeRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:PassRole",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "sts:TagSession",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:AddUserToGroup",
    "iam:RemoveUserFromGroup",
    "iam:PutGroupPolicy",
    "iam:AttachGroupPolicy",
    "iam:DeleteGroupPolicy",
    "iam:DetachGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:TagUser",
    "iam:UntagUser",
    "organizations:UpdatePolicy",
    "organizations:DetachPolicy",
    "organizations:AttachPolicy",
    "organizations:DisablePolicyType",
];

/// How many of them make one somebody else; the rest changes what decides about somebody.
const TAKING_OVER: u32 = 6;

/// The steps of one who becomes another, and the request of the first.
pub(super) type Takeover = (Vec<Step>, Request);

/// Who may become whom; what was found is kept.
#[derive(Debug)]
pub(super) struct Takeovers {
    /// For each principal, a bit per action of [`INTERESTING`] that a statement of its policies is about.
    interests: Vec<u64>,
    edges: HashMap<(usize, usize), Option<Takeover>>,
    /// What somebody may change about somebody, where a key of an account is concerned.
    pub(super) changes: HashMap<(usize, usize, Box<str>), Rc<Changes>>,
}

impl Takeovers {
    pub(super) fn new(world: &World, quirks: Quirks) -> Takeovers {
        let any = "arn:aws:iam::111122223333:user/any";
        let probes: Vec<Option<Request>> =
            INTERESTING.iter().map(|action| Request::builder(any, action, "*").build().ok()).collect();
        let mut of_policy: HashMap<usize, u64> = HashMap::new();
        let mut bits_of = |policy: &wardbook_policy::policy::Policy| {
            let address = policy.statements().as_ptr() as usize;
            *of_policy.entry(address).or_insert_with(|| {
                let mut bits = 0_u64;
                for (bit, probe) in probes.iter().enumerate() {
                    let about = |probe: &Request| policy.statements().iter().any(|s| s.is_about(probe, quirks));
                    if probe.as_ref().is_some_and(about) {
                        bits |= 1 << bit;
                    }
                }
                bits
            })
        };
        let interests = world
            .principals()
            .iter()
            .map(|principal| {
                principal
                    .policies
                    .items()
                    .iter()
                    .filter(|policy| !policy.statements().is_empty())
                    .fold(0_u64, |bits, policy| bits | bits_of(policy))
            })
            .collect();
        Takeovers { interests, edges: HashMap::new(), changes: HashMap::new() }
    }

    /// Whether a principal has a statement about the action.
    pub(super) fn may_use(&self, who: usize, action: &str) -> bool {
        let bit = INTERESTING.iter().position(|known| *known == action);
        bit.is_some_and(|bit| self.interests.get(who).is_some_and(|bits| bits & (1 << bit) != 0))
    }

    /// Whether a principal has a statement about a change to somebody.
    pub(super) fn may_change(&self, who: usize) -> bool {
        self.interests.get(who).is_some_and(|bits| bits >> TAKING_OVER != 0)
    }

    /// Whether a principal has a statement about becoming somebody else.
    pub(super) fn may_take_over(&self, who: usize) -> bool {
        self.interests.get(who).is_some_and(|bits| bits & ((1 << TAKING_OVER) - 1) != 0)
    }

    fn may_use_any(&self, who: usize, actions: &[&str]) -> bool {
        actions.iter().any(|action| self.may_use(who, action))
    }
}

impl<'w> Search<'w> {
    /// Those who may be able to become this principal, of the same account and of those that its trust policy names.
    pub(super) fn suitors(&self, target: usize, takeovers: &Takeovers) -> Vec<usize> {
        let Some(whom) = self.world.principals().get(target) else { return Vec::new() };
        let mut found = Vec::new();
        let account = &*whom.account;
        let of_account = |account: &str| self.members(account).iter().copied();
        match whom.kind {
            PrincipalKind::User => {
                let actions: Vec<&str> = CREDENTIALS.iter().map(|(action, _)| *action).collect();
                found.extend(of_account(account).filter(|who| takeovers.may_use_any(*who, &actions)));
            }
            PrincipalKind::Role => {
                let actions = ["sts:AssumeRole", "iam:UpdateAssumeRolePolicy", "iam:PassRole"];
                found.extend(of_account(account).filter(|who| takeovers.may_use_any(*who, &actions)));
                for name in whom.trust.iter().flat_map(|trust| trust.statements()) {
                    let Principals::Named(names) = name.principals() else { continue };
                    for name in names {
                        if let Some(account) = name.account() {
                            found.extend(of_account(account).filter(|who| takeovers.may_use(*who, "sts:AssumeRole")));
                        } else if name.is_anyone() {
                            let all = 0..self.world.principals().len();
                            found.extend(all.filter(|who| takeovers.may_use(*who, "sts:AssumeRole")));
                        } else if let Some(named) = self.world.position(name.source()) {
                            found.push(named);
                        }
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|who| *who != target);
        found
    }

    /// The steps by which one principal becomes another.
    pub(super) fn takeover(&mut self, who: usize, target: usize, takeovers: &mut Takeovers) -> Option<Takeover> {
        if let Some(known) = takeovers.edges.get(&(who, target)) {
            return known.clone();
        }
        let found = self.find_takeover(who, target, takeovers);
        takeovers.edges.insert((who, target), found.clone());
        found
    }

    fn find_takeover(&mut self, index: usize, target: usize, takeovers: &Takeovers) -> Option<Takeover> {
        let who = self.world.principals().get(index)?;
        let whom = self.world.principals().get(target)?;
        match whom.kind {
            PrincipalKind::User if who.account != whom.account => None,
            PrincipalKind::User => CREDENTIALS
                .iter()
                .filter(|(action, _)| takeovers.may_use(index, action))
                .find_map(|(action, why)| self.step_with(index, who, (action, &whom.arn, facts_of(whom)), why))
                .map(|taken| (vec![taken.step], taken.request)),
            PrincipalKind::Role => self
                .assume(index, who, whom)
                .or_else(|| self.hand_over(index, who, whom, takeovers))
                .or_else(|| self.rewrite_trust(index, who, whom, takeovers)),
        }
    }

    fn assume(&mut self, index: usize, who: &'w Principal, whom: &'w Principal) -> Option<Takeover> {
        let trust = whom.trust.clone()?;
        let layers = OwnedLayers { resource: Collected::known(vec![trust]), ..self.side_of(who) };
        let deed =
            Deed { action: "sts:AssumeRole", resource: &whom.arn, facts: facts_of(whom), why: "becomes the role" };
        let row = (Who::Collected(index), &*who.arn, Some(who));
        take(self.world, row, &deed, &layers, self.quirks).map(|taken| (vec![taken.step], taken.request))
    }

    fn hand_over(
        &mut self,
        index: usize,
        who: &'w Principal,
        whom: &'w Principal,
        takeovers: &Takeovers,
    ) -> Option<Takeover> {
        if who.account != whom.account || !takeovers.may_use(index, "iam:PassRole") {
            return None;
        }
        COMPUTE.iter().filter(|compute| trusts_service(whom, compute.service)).find_map(|compute| {
            let facts = Circumstances::default().with("iam:PassedToService", compute.service);
            let pass =
                Deed { action: "iam:PassRole", resource: &whom.arn, facts, why: "hands the role to the service" };
            let layers = self.side_of(who);
            let passed = take(self.world, (Who::Collected(index), &who.arn, Some(who)), &pass, &layers, self.quirks)?;
            let mut steps = vec![passed.step];
            for action in compute.actions {
                steps.push(self.run_code(index, who, action, compute.resource)?.step);
            }
            Some((steps, passed.request))
        })
    }

    /// An action of a service on something of one's own, called as the caller's policies want it.
    fn run_code(&mut self, index: usize, who: &'w Principal, action: &str, resource: &str) -> Option<Taken> {
        let service = action.split(':').next().unwrap_or_default();
        let partition = Arn::parse(&who.arn).map_or("aws", |arn| arn.partition);
        let mut resources = vec![format!("arn:{partition}:{service}:us-east-1:{}:{resource}", who.account)];
        let statements = who.policies.items().iter().flat_map(|policy| policy.statements());
        for statement in statements {
            let Texts::Named(patterns) = statement.resources() else { continue };
            for pattern in patterns {
                let Some(arn) = Arn::parse(pattern.source()).filter(|arn| arn.service == service) else { continue };
                let region = if arn.region.contains(['*', '?']) { "us-east-1" } else { arn.region };
                let named = arn.resource.replace(['*', '?'], "x");
                let named = format!("arn:{partition}:{service}:{region}:{}:{named}", who.account);
                if !resources.contains(&named) {
                    resources.push(named);
                }
            }
        }
        let why = "runs code of one's own under the role";
        resources.iter().find_map(|resource| self.iam_step(index, who, action, resource, why))
    }

    fn rewrite_trust(
        &mut self,
        index: usize,
        who: &'w Principal,
        whom: &'w Principal,
        takeovers: &Takeovers,
    ) -> Option<Takeover> {
        if who.account != whom.account || !takeovers.may_use(index, "iam:UpdateAssumeRolePolicy") {
            return None;
        }
        let why = "lets oneself assume the role";
        let taken = self.step_with(index, who, ("iam:UpdateAssumeRolePolicy", &whom.arn, facts_of(whom)), why)?;
        let assume = Step {
            action: "sts:AssumeRole".into(),
            why: "becomes the role".into(),
            by: Vec::new(),
            only_if: None,
            alternatives: Vec::new(),
            ..taken.step.clone()
        };
        Some((vec![taken.step, assume], taken.request))
    }

    /// One thing that identity policies alone decide.
    pub(super) fn iam_step(
        &mut self,
        index: usize,
        who: &'w Principal,
        action: &str,
        resource: &str,
        why: &str,
    ) -> Option<Taken> {
        self.step_with(index, who, (action, resource, Circumstances::default()), why)
    }

    fn step_with(
        &mut self,
        index: usize,
        who: &'w Principal,
        (action, resource, facts): (&str, &str, Circumstances),
        why: &str,
    ) -> Option<Taken> {
        let deed = Deed { action, resource, facts, why };
        let layers = self.side_of(who);
        take(self.world, (Who::Collected(index), &who.arn, Some(who)), &deed, &layers, self.quirks)
    }

    /// How somebody assumes a role with tags of its session.
    pub(super) fn assume_with_tags(
        &mut self,
        index: usize,
        who: &'w Principal,
        whom: &'w Principal,
        tags: &[(Box<str>, Box<str>)],
    ) -> Option<Takeover> {
        let trust = whom.trust.clone()?;
        let layers = OwnedLayers { resource: Collected::known(vec![trust]), ..self.side_of(who) };
        let mut steps = Vec::new();
        let mut first = None;
        for (action, why) in [
            ("sts:TagSession", "gives the session a tag on which a policy turns"),
            ("sts:AssumeRole", "becomes the role"),
        ] {
            let facts = requested_tags(facts_of(whom), tags);
            let deed = Deed { action, resource: &whom.arn, facts, why };
            let taken = take(self.world, (Who::Collected(index), &who.arn, Some(who)), &deed, &layers, self.quirks)?;
            steps.push(taken.step);
            first.get_or_insert(taken.request);
        }
        Some((steps, first?))
    }

    pub(super) fn side_of(&mut self, who: &'w Principal) -> OwnedLayers {
        OwnedLayers {
            identity: who.policies.clone(),
            boundary: who.boundary.clone(),
            scps: self.scps(&who.account),
            ..OwnedLayers::default()
        }
    }
}

/// Whether a trust policy names the service.
fn trusts_service(role: &Principal, service: &str) -> bool {
    let statements = role.trust.iter().flat_map(|trust| trust.statements());
    statements.filter(|statement| statement.effect() == wardbook_policy::statement::Effect::Allow).any(|statement| {
        matches!(statement.principals(), Principals::Named(names) if names.iter().any(|name| name.source() == service || name.is_anyone()))
    })
}
