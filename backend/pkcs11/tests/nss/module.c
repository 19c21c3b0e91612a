/* A PKCS#11 module that opens NSS's softoken with keys in a folder of its own.
 *
 * Softoken wants the folder in an argument of C_Initialize that the standard does not have, and when it is asked how
 * long an AES-GCM ciphertext will be it forgets the tag. This module gives out softoken's functions as they are, but
 * for C_Initialize, which adds what the environment variable WARDBOOK_NSS_PARAMETERS holds, and C_Encrypt, which
 * adds the tag to the length. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long CK_RV;

enum { CKR_OK = 0, CKR_GENERAL_ERROR = 5, CKF_OS_LOCKING_OK = 2, TAG_BYTES = 16 };

/* CK_C_INITIALIZE_ARGS with softoken's parameters before the reserved pointer. */
struct arguments {
    void *create, *destroy, *lock, *unlock;
    unsigned long flags;
    const char *parameters;
    void *reserved;
};

typedef CK_RV encrypt_function(unsigned long, unsigned char *, unsigned long, unsigned char *, unsigned long *);

/* CK_FUNCTION_LIST of version 2.40: a version and 68 functions, of which C_Initialize is the first and C_Encrypt the
 * thirty-first. */
struct functions {
    unsigned char version[2];
    CK_RV (*initialize)(void *);
    void *second_to_thirtieth[29];
    encrypt_function *encrypt;
    void *others[37];
};

static struct functions ours;
static CK_RV (*initialize)(void *);
static encrypt_function *encrypt;

static CK_RV with_parameters(void *ignored)
{
    struct arguments arguments = { .flags = CKF_OS_LOCKING_OK };
    (void)ignored;
    arguments.parameters = getenv("WARDBOOK_NSS_PARAMETERS");
    return initialize(&arguments);
}

static CK_RV with_tag(unsigned long session, unsigned char *plain, unsigned long plain_bytes, unsigned char *out,
                      unsigned long *out_bytes)
{
    CK_RV answer = encrypt(session, plain, plain_bytes, out, out_bytes);

    if (answer == CKR_OK && !out)
        *out_bytes += TAG_BYTES;
    return answer;
}

CK_RV C_GetFunctionList(struct functions **out)
{
    void *module = dlopen("libsoftokn3.so", RTLD_NOW | RTLD_LOCAL);
    CK_RV (*get)(struct functions **) = NULL;
    struct functions *theirs = NULL;

    if (module)
        *(void **)&get = dlsym(module, "C_GetFunctionList");
    if (!get || get(&theirs) != CKR_OK)
        return CKR_GENERAL_ERROR;
    initialize = theirs->initialize;
    encrypt = theirs->encrypt;
    memcpy(&ours, theirs, sizeof ours);
    ours.initialize = with_parameters;
    ours.encrypt = with_tag;
    *out = &ours;
    return CKR_OK;
}
