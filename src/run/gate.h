/* The ladder: which gates there are, in order, and what each of them asks. The table is in
 * ladder.c; a gate is one entry there and one short file section that answers `check`.
 *
 * To add a gate: add it here, to the table, and write its check; views and `wait --for` follow. */
#ifndef LAB_RUN_GATE_H
#define LAB_RUN_GATE_H

enum lab_gate {
    LAB_GATE_DEFINED,
    LAB_GATE_POWERED,
    LAB_GATE_ADDRESS,
    LAB_GATE_PORT,
    LAB_GATE_HOSTKEY,
    LAB_GATE_LOGIN,
    LAB_GATE_CLOCK,
    LAB_GATE_COPY,
    LAB_GATE_PACKAGES,
    LAB_GATE_CLOUD_INIT,
    LAB_GATE_OFF,
    LAB_GATE_DETACHED,
    LAB_GATE_RESTARTED,
    LAB_GATE_SSH_AGAIN,
    LAB_GATE_K3S,
    LAB_GATE_READY,
    LAB_GATE_COUNT
};

/* Sets of gates: what a command climbs. */
#define LAB_GATE_BIT(gate) (1u << (gate))
#define LAB_GATES_LINK                                                                             \
    (LAB_GATE_BIT(LAB_GATE_ADDRESS) | LAB_GATE_BIT(LAB_GATE_PORT) |                                \
     LAB_GATE_BIT(LAB_GATE_HOSTKEY) | LAB_GATE_BIT(LAB_GATE_LOGIN))
/* Proved once, when the node is provisioned. */
#define LAB_GATES_FIRST_BOOT                                                                       \
    (LAB_GATE_BIT(LAB_GATE_COPY) | LAB_GATE_BIT(LAB_GATE_PACKAGES) |                               \
     LAB_GATE_BIT(LAB_GATE_CLOUD_INIT))
#define LAB_GATES_K3S (LAB_GATE_BIT(LAB_GATE_K3S) | LAB_GATE_BIT(LAB_GATE_READY))
#define LAB_GATES_AGAIN                                                                            \
    (LAB_GATE_BIT(LAB_GATE_RESTARTED) | LAB_GATE_BIT(LAB_GATE_SSH_AGAIN) | LAB_GATES_K3S)
/* Of a VM that is switched on and has nothing left to prove but that it is well. */
#define LAB_GATES_START                                                                            \
    (LAB_GATE_BIT(LAB_GATE_POWERED) | LAB_GATES_LINK | LAB_GATE_BIT(LAB_GATE_CLOCK) | LAB_GATES_K3S)

const char *lab_gate_name(enum lab_gate gate);  /* "cloud-init" */
const char *lab_gate_title(enum lab_gate gate); /* "cloud-init done" */
int lab_gate_by_name(const char *name);         /* -1 when unknown */

#endif
