/* Things that are allocated on the control side, lent to the audio thread, and given back.
 *
 * Sounds, taps, receivers, echo cancellers and closing ports carry an `object` as their first
 * member. The audio thread pushes what it no longer uses onto a stack (lock-free, one producer);
 * the control side takes the whole stack and frees it, so the audio thread never calls free()
 * and giving back can never fail for lack of room.
 */
#ifndef CALLBOX_OBJECT_H
#define CALLBOX_OBJECT_H

#include <stdatomic.h>
#include <stddef.h>

enum object_kind { OBJECT_PORT, OBJECT_SOUND, OBJECT_TAP, OBJECT_RECEIVERS, OBJECT_ECHO, OBJECT_TDM,
                   OBJECT_CODER, OBJECT_SRTP };

struct object {
    enum object_kind kind;
    struct object *below;              /* next on the stack of returned objects */
    struct object *previous, *next;    /* the control side's list of everything lent */
};

struct returned {
    _Atomic(struct object *) top;
};

static inline void object_return(struct returned *stack, struct object *o)
{
    struct object *top = atomic_load_explicit(&stack->top, memory_order_relaxed);
    do
        o->below = top;
    while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, o, memory_order_release,
                                                  memory_order_relaxed));
}

static inline struct object *object_take_all(struct returned *stack)
{
    return atomic_exchange_explicit(&stack->top, NULL, memory_order_acquire);
}

#endif
