// What the files of the guard for Linux tell each other.
#ifndef ZTP_GUARD_LINUX_H
#define ZTP_GUARD_LINUX_H

#include "guard.h"

enum { GUARD_SIGNAL_STACK = 256 << 10 }; // bytes, for any program's handlers

// room_hold maps memory of the protection and holds it; 0 = the system refuses.
int room_hold(guard_room *room, size_t bytes, int protection);
void room_release(guard_room *room);

// room_why writes which limit refuses so many bytes.
void room_why(char why[ZTP_MESSAGE_SIZE], size_t bytes);

// threads_start starts Go's runtime, once. 0 = a limit of the process forbids it.
int threads_start(char why[ZTP_MESSAGE_SIZE]);

#endif
