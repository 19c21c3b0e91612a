//! Every bound of this crate, named once.

/// A file longer than this is refused; spans count bytes in 32 bits.
pub const FILE_BYTES_MAX: usize = 256 << 20;

/// A YAML text longer than this is refused.
pub const YAML_BYTES_MAX: usize = 16 << 20;

/// A YAML document of more nodes than this, every alias counted as what it stands for, is refused.
pub const YAML_NODES_MAX: usize = 1_000_000;

/// The texts that aliases repeat may add up to this many bytes.
pub const YAML_ALIAS_BYTES_MAX: usize = 16 << 20;

/// A template longer than this is refused; CloudFormation takes a sixteenth of it.
pub const TEMPLATE_BYTES_MAX: usize = 16 << 20;

/// Functions of a template nested deeper than this, through names and conditions, stay open.
pub const TEMPLATE_DEPTH_MAX: usize = 256;

/// After this many steps of evaluating a template, what is left stays open.
pub const TEMPLATE_STEPS_MAX: usize = 4 << 20;

/// Once the functions of a template have made this many bytes of text, what is left stays open.
pub const TEMPLATE_TEXT_BYTES_MAX: usize = 32 << 20;

/// Documents of more bytes than this, each text counted once, are compiled anew wherever they occur.
pub const SHARED_TEXT_BYTES_MAX: usize = 64 << 20;

/// A case file with more cases than this is refused.
pub const CASES_MAX: usize = 100_000;

/// A folder with more files than this is refused.
pub const FILES_MAX: usize = 250_000;

/// Folders nested deeper than this are refused.
pub const FOLDER_DEPTH_MAX: usize = 32;

/// An account further from its root than this has no place in the organization; AWS allows five levels of units.
pub const ORGANIZATION_LEVELS_MAX: usize = 16;

/// At most this many candidates are listed for a name that several things have.
pub const CANDIDATES_MAX: usize = 10;

/// A file with more CloudTrail events than this is refused.
pub const EVENTS_MAX: usize = 1_000_000;

/// A message that quotes longer text than this is cut.
pub const MESSAGE_CHARACTERS_MAX: usize = 1_000;

/// A `.tf` file longer than this is refused.
pub const TERRAFORM_FILE_BYTES_MAX: usize = 8 << 20;

/// The Terraform files of a world, and the files that they read, may add up to this many bytes.
pub const TERRAFORM_JOINED_BYTES_MAX: usize = 256 << 20;

/// Lists and objects of a Terraform value that nest deeper than this are not known.
pub const TERRAFORM_VALUE_DEPTH_MAX: u16 = 96;

/// Terraform expressions that lead to one another over more than this many steps have no value.
pub const TERRAFORM_EXPRESSION_DEPTH_MAX: usize = 200;

/// Evaluating a Terraform root module may take this many steps: expressions, elements, 64 bytes of text.
pub const TERRAFORM_STEPS_MAX: usize = 2_000_000;

/// Evaluating all root modules of a world may take this many steps.
pub const TERRAFORM_STEPS_TOTAL: usize = 20_000_000;

/// A `count`, `for_each` or `dynamic` block of more than this is read as one of an unknown number.
pub const TERRAFORM_INSTANCES_MAX: usize = 10_000;

/// Modules that call one another over more than this many steps are not followed.
pub const TERRAFORM_MODULES_DEPTH_MAX: usize = 16;

/// Not more modules than this are followed from one root module.
pub const TERRAFORM_MODULES_MAX: usize = 1_000;

/// A template that is given more variables than this is refused.
pub const TERRAFORM_TEMPLATE_VARIABLES_MAX: usize = 64;

/// A Terraform plan or state with more resources than this is read up to there.
pub const TERRAFORM_RESOURCES_MAX: usize = 50_000;

/// References of a Terraform plan that lead to one another over more than this many steps stay open.
pub const TERRAFORM_REFERENCES_DEPTH_MAX: usize = 16;

/// A way to a key of more steps than this is not followed.
pub const ESCALATION_STEPS_MAX: usize = 12;
