"use strict";
// Made by `npm run bundle` from src/runtime and what it uses: read those.
module.exports = ((known, later) => {
const { m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40, m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55, m56, m57, m58, m59, m60, m61, m62, m63, m64, m65, m66, m67, m68, m69, m70, m71, m72 } = known;
// src/linux/seccomp/program.ts
const m73 = (() => {
const opcodes = {
  load: 0x20,
  and: 0x54,
  jump: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterEqual: 0x35,
  return: 0x06,
}         ;
const farthest = 255;
const limit = 4096;
class ReverseProgram {
           #instructions                = [];
           #returns = new Map               ();
  #push(code        , k        , yes = 0, no = 0)        {
    this.#instructions.push({ code, yes, no, k: k >>> 0 });
    return this.#instructions.length         ;
  }
  #distance(target       )         {
    return this.#instructions.length - target;
  }
  #near(target       )        {
    return this.#distance(target) + 1 > farthest ? this.#push(opcodes.jump, this.#distance(target)) : target;
  }
  return(action        )        {
    const known = this.#returns.get(action);
    if (known !== undefined && this.#distance(known) < farthest / 2) return known;
    const label = this.#push(opcodes.return, action);
    this.#returns.set(action, label);
    return label;
  }
  load(offset        )        {
    return this.#push(opcodes.load, offset);
  }
  and(mask        )        {
    return this.#push(opcodes.and, mask);
  }
  continueAt(target       )       {
    if (this.#distance(target) > 0) this.#push(opcodes.jump, this.#distance(target));
  }
  branch(code        , k        , yes       , no       )        {
    const nearYes = this.#near(yes);
    const nearNo = this.#near(no);
    return this.#push(code, k, this.#distance(nearYes), this.#distance(nearNo));
  }
  bytes()         {
    if (this.#instructions.length > limit)
      throw new Error(`seccomp: the filter has ${this.#instructions.length} instructions, the kernel takes ${limit}`);
    const bytes = Buffer.alloc(this.#instructions.length * 8);
    for (const [index, { code, yes, no, k }] of this.#instructions.toReversed().entries()) {
      bytes.writeUInt16LE(code, index * 8);
      bytes.writeUInt8(yes, index * 8 + 2);
      bytes.writeUInt8(no, index * 8 + 3);
      bytes.writeUInt32LE(k, index * 8 + 4);
    }
    return bytes;
  }
}
return { opcodes, ReverseProgram };
})();
// src/linux/seccomp/tables.gen.ts
const m74 = (() => {
const syscallTables                                                                         = {
  x86_64:
    "read write open close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn ioctl " +
    "pread64 pwrite64 readv writev access pipe select sched_yield mremap msync mincore madvise shmget shmat shmctl dup dup2 pause " +
    "nanosleep getitimer alarm setitimer getpid sendfile socket connect accept sendto recvfrom sendmsg recvmsg shutdown bind listen " +
    "getsockname getpeername socketpair setsockopt getsockopt clone fork vfork execve exit wait4 kill uname semget semop semctl shmdt " +
    "msgget msgsnd msgrcv msgctl fcntl flock fsync fdatasync truncate ftruncate getdents getcwd chdir fchdir rename mkdir rmdir creat " +
    "link unlink symlink readlink chmod fchmod chown fchown lchown umask gettimeofday getrlimit getrusage sysinfo times ptrace getuid " +
    "syslog getgid setuid setgid geteuid getegid setpgid getppid getpgrp setsid setreuid setregid getgroups setgroups setresuid " +
    "getresuid setresgid getresgid getpgid setfsuid setfsgid getsid capget capset rt_sigpending rt_sigtimedwait rt_sigqueueinfo " +
    "rt_sigsuspend sigaltstack utime mknod uselib personality ustat statfs fstatfs sysfs getpriority setpriority sched_setparam " +
    "sched_getparam sched_setscheduler sched_getscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval mlock " +
    "munlock mlockall munlockall vhangup modify_ldt pivot_root _sysctl prctl arch_prctl adjtimex setrlimit chroot sync acct " +
    "settimeofday mount umount2 swapon swapoff reboot sethostname setdomainname iopl ioperm create_module init_module delete_module " +
    "get_kernel_syms query_module quotactl nfsservctl getpmsg putpmsg afs_syscall tuxcall security gettid readahead setxattr " +
    "lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr tkill " +
    "time futex sched_setaffinity sched_getaffinity set_thread_area io_setup io_destroy io_getevents io_submit io_cancel " +
    "get_thread_area lookup_dcookie epoll_create epoll_ctl_old epoll_wait_old remap_file_pages getdents64 set_tid_address " +
    "restart_syscall semtimedop fadvise64 timer_create timer_settime timer_gettime timer_getoverrun timer_delete clock_settime " +
    "clock_gettime clock_getres clock_nanosleep exit_group epoll_wait epoll_ctl tgkill utimes vserver mbind set_mempolicy " +
    "get_mempolicy mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr kexec_load waitid add_key request_key " +
    "keyctl ioprio_set ioprio_get inotify_init inotify_add_watch inotify_rm_watch migrate_pages openat mkdirat mknodat fchownat " +
    "futimesat newfstatat unlinkat renameat linkat symlinkat readlinkat fchmodat faccessat pselect6 ppoll unshare set_robust_list " +
    "get_robust_list splice tee sync_file_range vmsplice move_pages utimensat epoll_pwait signalfd timerfd_create eventfd fallocate " +
    "timerfd_settime timerfd_gettime accept4 signalfd4 eventfd2 epoll_create1 dup3 pipe2 inotify_init1 preadv pwritev " +
    "rt_tgsigqueueinfo perf_event_open recvmmsg fanotify_init fanotify_mark prlimit64 name_to_handle_at open_by_handle_at " +
    "clock_adjtime syncfs sendmmsg setns getcpu process_vm_readv process_vm_writev kcmp finit_module sched_setattr sched_getattr " +
    "renameat2 seccomp getrandom memfd_create kexec_file_load bpf execveat userfaultfd membarrier mlock2 copy_file_range preadv2 " +
    "pwritev2 pkey_mprotect pkey_alloc pkey_free statx io_pgetevents rseq uretprobe 424 pidfd_send_signal io_uring_setup " +
    "io_uring_enter io_uring_register open_tree move_mount fsopen fsconfig fsmount fspick pidfd_open clone3 close_range openat2 " +
    "pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd landlock_create_ruleset landlock_add_rule " +
    "landlock_restrict_self memfd_secret process_mrelease futex_waitv set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack " +
    "futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat " +
    "getxattrat listxattrat removexattrat open_tree_attr",
  x86:
    "restart_syscall exit fork read write open close waitpid creat link unlink execve chdir time mknod chmod lchown break oldstat " +
    "lseek getpid mount umount setuid getuid stime ptrace alarm oldfstat pause utime stty gtty access nice ftime sync kill rename " +
    "mkdir rmdir dup pipe times prof brk setgid getgid signal geteuid getegid acct umount2 lock ioctl fcntl mpx setpgid ulimit " +
    "oldolduname umask chroot ustat dup2 getppid getpgrp setsid sigaction sgetmask ssetmask setreuid setregid sigsuspend sigpending " +
    "sethostname setrlimit getrlimit getrusage gettimeofday settimeofday getgroups setgroups select symlink oldlstat readlink uselib " +
    "swapon reboot readdir mmap munmap truncate ftruncate fchmod fchown getpriority setpriority profil statfs fstatfs ioperm " +
    "socketcall syslog setitimer getitimer stat lstat fstat olduname iopl vhangup idle vm86old wait4 swapoff sysinfo ipc fsync " +
    "sigreturn clone setdomainname uname modify_ldt adjtimex mprotect sigprocmask create_module init_module delete_module " +
    "get_kernel_syms quotactl getpgid fchdir bdflush sysfs personality afs_syscall setfsuid setfsgid _llseek getdents _newselect " +
    "flock msync readv writev getsid fdatasync _sysctl mlock munlock mlockall munlockall sched_setparam sched_getparam " +
    "sched_setscheduler sched_getscheduler sched_yield sched_get_priority_max sched_get_priority_min sched_rr_get_interval nanosleep " +
    "mremap setresuid getresuid vm86 query_module poll nfsservctl setresgid getresgid prctl rt_sigreturn rt_sigaction rt_sigprocmask " +
    "rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend pread64 pwrite64 chown getcwd capget capset sigaltstack sendfile " +
    "getpmsg putpmsg vfork ugetrlimit mmap2 truncate64 ftruncate64 stat64 lstat64 fstat64 lchown32 getuid32 getgid32 geteuid32 " +
    "getegid32 setreuid32 setregid32 getgroups32 setgroups32 fchown32 setresuid32 getresuid32 setresgid32 getresgid32 chown32 " +
    "setuid32 setgid32 setfsuid32 setfsgid32 pivot_root mincore madvise getdents64 fcntl64 224 gettid readahead setxattr lsetxattr " +
    "fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr tkill sendfile64 " +
    "futex sched_setaffinity sched_getaffinity set_thread_area get_thread_area io_setup io_destroy io_getevents io_submit io_cancel " +
    "fadvise64 252 exit_group lookup_dcookie epoll_create epoll_ctl epoll_wait remap_file_pages set_tid_address timer_create " +
    "timer_settime timer_gettime timer_getoverrun timer_delete clock_settime clock_gettime clock_getres clock_nanosleep statfs64 " +
    "fstatfs64 tgkill utimes fadvise64_64 vserver mbind get_mempolicy set_mempolicy mq_open mq_unlink mq_timedsend mq_timedreceive " +
    "mq_notify mq_getsetattr kexec_load waitid 286 add_key request_key keyctl ioprio_set ioprio_get inotify_init inotify_add_watch " +
    "inotify_rm_watch migrate_pages openat mkdirat mknodat fchownat futimesat fstatat64 unlinkat renameat linkat symlinkat readlinkat " +
    "fchmodat faccessat pselect6 ppoll unshare set_robust_list get_robust_list splice sync_file_range tee vmsplice move_pages getcpu " +
    "epoll_pwait utimensat signalfd timerfd_create eventfd fallocate timerfd_settime timerfd_gettime signalfd4 eventfd2 epoll_create1 " +
    "dup3 pipe2 inotify_init1 preadv pwritev rt_tgsigqueueinfo perf_event_open recvmmsg fanotify_init fanotify_mark prlimit64 " +
    "name_to_handle_at open_by_handle_at clock_adjtime syncfs sendmmsg setns process_vm_readv process_vm_writev kcmp finit_module " +
    "sched_setattr sched_getattr renameat2 seccomp getrandom memfd_create bpf execveat socket socketpair bind connect listen accept4 " +
    "getsockopt setsockopt getsockname getpeername sendto sendmsg recvfrom recvmsg shutdown userfaultfd membarrier mlock2 " +
    "copy_file_range preadv2 pwritev2 pkey_mprotect pkey_alloc pkey_free statx arch_prctl io_pgetevents rseq 393 semget semctl shmget " +
    "shmctl shmat shmdt msgget msgsnd msgrcv msgctl clock_gettime64 clock_settime64 clock_adjtime64 clock_getres_time64 " +
    "clock_nanosleep_time64 timer_gettime64 timer_settime64 timerfd_gettime64 timerfd_settime64 utimensat_time64 pselect6_time64 " +
    "ppoll_time64 416 io_pgetevents_time64 recvmmsg_time64 mq_timedsend_time64 mq_timedreceive_time64 semtimedop_time64 " +
    "rt_sigtimedwait_time64 futex_time64 sched_rr_get_interval_time64 pidfd_send_signal io_uring_setup io_uring_enter " +
    "io_uring_register open_tree move_mount fsopen fsconfig fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd " +
    "faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd landlock_create_ruleset landlock_add_rule " +
    "landlock_restrict_self memfd_secret process_mrelease futex_waitv set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack " +
    "futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat " +
    "getxattrat listxattrat removexattrat open_tree_attr",
  x32:
    "read write open close stat fstat lstat poll lseek mmap mprotect munmap brk 14 rt_sigprocmask 17 pread64 pwrite64 21 access pipe " +
    "select sched_yield mremap msync mincore madvise shmget shmat shmctl dup dup2 pause nanosleep getitimer alarm setitimer getpid " +
    "sendfile socket connect accept sendto 48 shutdown bind listen getsockname getpeername socketpair 56 clone fork vfork 60 exit " +
    "wait4 kill uname semget semop semctl shmdt msgget msgsnd msgrcv msgctl fcntl flock fsync fdatasync truncate ftruncate getdents " +
    "getcwd chdir fchdir rename mkdir rmdir creat link unlink symlink readlink chmod fchmod chown fchown lchown umask gettimeofday " +
    "getrlimit getrusage sysinfo times 102 getuid syslog getgid setuid setgid geteuid getegid setpgid getppid getpgrp setsid setreuid " +
    "setregid getgroups setgroups setresuid getresuid setresgid getresgid getpgid setfsuid setfsgid getsid capget capset 130 " +
    "rt_sigsuspend 132 utime mknod 135 personality ustat statfs fstatfs sysfs getpriority setpriority sched_setparam sched_getparam " +
    "sched_setscheduler sched_getscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval mlock munlock mlockall " +
    "munlockall vhangup modify_ldt pivot_root 157 prctl arch_prctl adjtimex setrlimit chroot sync acct settimeofday mount umount2 " +
    "swapon swapoff reboot sethostname setdomainname iopl ioperm 175 init_module delete_module 179 quotactl 181 getpmsg putpmsg " +
    "afs_syscall tuxcall security gettid readahead setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr " +
    "flistxattr removexattr lremovexattr fremovexattr tkill time futex sched_setaffinity sched_getaffinity 207 io_destroy " +
    "io_getevents 210 io_cancel 212 lookup_dcookie epoll_create 216 remap_file_pages getdents64 set_tid_address restart_syscall " +
    "semtimedop fadvise64 223 timer_settime timer_gettime timer_getoverrun timer_delete clock_settime clock_gettime clock_getres " +
    "clock_nanosleep exit_group epoll_wait epoll_ctl tgkill utimes 237 mbind set_mempolicy get_mempolicy mq_open mq_unlink " +
    "mq_timedsend mq_timedreceive 245 mq_getsetattr 248 add_key request_key keyctl ioprio_set ioprio_get inotify_init " +
    "inotify_add_watch inotify_rm_watch migrate_pages openat mkdirat mknodat fchownat futimesat newfstatat unlinkat renameat linkat " +
    "symlinkat readlinkat fchmodat faccessat pselect6 ppoll unshare 275 splice tee sync_file_range 280 utimensat epoll_pwait signalfd " +
    "timerfd_create eventfd fallocate timerfd_settime timerfd_gettime accept4 signalfd4 eventfd2 epoll_create1 dup3 pipe2 " +
    "inotify_init1 298 perf_event_open 300 fanotify_init fanotify_mark prlimit64 name_to_handle_at open_by_handle_at clock_adjtime " +
    "syncfs 308 setns getcpu 312 kcmp finit_module sched_setattr sched_getattr renameat2 seccomp getrandom memfd_create " +
    "kexec_file_load bpf 323 userfaultfd membarrier mlock2 copy_file_range 329 pkey_mprotect pkey_alloc pkey_free statx io_pgetevents " +
    "rseq uretprobe 424 pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen fsconfig " +
    "fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr " +
    "quotactl_fd landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret process_mrelease futex_waitv " +
    "set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount " +
    "lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat open_tree_attr 512 " +
    "rt_sigaction rt_sigreturn ioctl readv writev recvfrom sendmsg recvmsg execve ptrace rt_sigpending rt_sigtimedwait " +
    "rt_sigqueueinfo sigaltstack timer_create mq_notify kexec_load waitid set_robust_list get_robust_list vmsplice move_pages preadv " +
    "pwritev rt_tgsigqueueinfo recvmmsg sendmmsg process_vm_readv process_vm_writev setsockopt getsockopt io_setup io_submit execveat " +
    "preadv2 pwritev2",
  aarch64:
    "io_setup io_destroy io_submit io_cancel io_getevents setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr " +
    "llistxattr flistxattr removexattr lremovexattr fremovexattr getcwd lookup_dcookie eventfd2 epoll_create1 epoll_ctl epoll_pwait " +
    "dup dup3 fcntl inotify_init1 inotify_add_watch inotify_rm_watch ioctl ioprio_set ioprio_get flock mknodat mkdirat unlinkat " +
    "symlinkat linkat renameat umount2 mount pivot_root nfsservctl statfs fstatfs truncate ftruncate fallocate faccessat chdir fchdir " +
    "chroot fchmod fchmodat fchownat fchown openat close vhangup pipe2 quotactl getdents64 lseek read write readv writev pread64 " +
    "pwrite64 preadv pwritev sendfile pselect6 ppoll signalfd4 vmsplice splice tee readlinkat newfstatat fstat sync fsync fdatasync " +
    "sync_file_range timerfd_create timerfd_settime timerfd_gettime utimensat acct capget capset personality exit exit_group waitid " +
    "set_tid_address unshare futex set_robust_list get_robust_list nanosleep getitimer setitimer kexec_load init_module delete_module " +
    "timer_create timer_gettime timer_getoverrun timer_settime timer_delete clock_settime clock_gettime clock_getres clock_nanosleep " +
    "syslog ptrace sched_setparam sched_setscheduler sched_getscheduler sched_getparam sched_setaffinity sched_getaffinity " +
    "sched_yield sched_get_priority_max sched_get_priority_min sched_rr_get_interval restart_syscall kill tkill tgkill sigaltstack " +
    "rt_sigsuspend rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigreturn setpriority getpriority " +
    "reboot setregid setgid setreuid setuid setresuid getresuid setresgid getresgid setfsuid setfsgid times setpgid getpgid getsid " +
    "setsid getgroups setgroups uname sethostname setdomainname getrlimit setrlimit getrusage umask prctl getcpu gettimeofday " +
    "settimeofday adjtimex getpid getppid getuid geteuid getgid getegid gettid sysinfo mq_open mq_unlink mq_timedsend mq_timedreceive " +
    "mq_notify mq_getsetattr msgget msgctl msgrcv msgsnd semget semctl semtimedop semop shmget shmctl shmat shmdt socket socketpair " +
    "bind listen accept connect getsockname getpeername sendto recvfrom setsockopt getsockopt shutdown sendmsg recvmsg readahead brk " +
    "munmap mremap add_key request_key keyctl clone execve mmap fadvise64 swapon swapoff mprotect msync mlock munlock mlockall " +
    "munlockall mincore madvise remap_file_pages mbind get_mempolicy set_mempolicy migrate_pages move_pages rt_tgsigqueueinfo " +
    "perf_event_open accept4 recvmmsg 260 wait4 prlimit64 fanotify_init fanotify_mark name_to_handle_at open_by_handle_at " +
    "clock_adjtime syncfs setns sendmmsg process_vm_readv process_vm_writev kcmp finit_module sched_setattr sched_getattr renameat2 " +
    "seccomp getrandom memfd_create bpf execveat userfaultfd membarrier mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect " +
    "pkey_alloc pkey_free statx io_pgetevents rseq kexec_file_load 424 pidfd_send_signal io_uring_setup io_uring_enter " +
    "io_uring_register open_tree move_mount fsopen fsconfig fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd " +
    "faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd landlock_create_ruleset landlock_add_rule " +
    "landlock_restrict_self memfd_secret process_mrelease futex_waitv set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack " +
    "futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat " +
    "getxattrat listxattrat removexattrat open_tree_attr",
  arm:
    "restart_syscall 0 syscall_mask exit fork read write open close 8 creat link unlink execve chdir 14 mknod chmod lchown 19 lseek " +
    "getpid mount 23 setuid getuid 26 ptrace 29 pause 33 access nice 36 sync kill rename mkdir rmdir dup pipe times 45 brk setgid " +
    "getgid 49 geteuid getegid acct umount2 54 ioctl fcntl 57 setpgid 60 umask chroot ustat dup2 getppid getpgrp setsid sigaction 70 " +
    "setreuid setregid sigsuspend sigpending sethostname setrlimit 77 getrusage gettimeofday settimeofday getgroups setgroups 83 " +
    "symlink 85 readlink uselib swapon reboot 91 munmap truncate ftruncate fchmod fchown getpriority setpriority 99 statfs fstatfs " +
    "103 syslog setitimer getitimer stat lstat fstat 111 vhangup 114 wait4 swapoff sysinfo 118 fsync sigreturn clone setdomainname " +
    "uname 124 adjtimex mprotect sigprocmask 128 init_module delete_module 131 quotactl getpgid fchdir bdflush sysfs personality 138 " +
    "setfsuid setfsgid _llseek getdents _newselect flock msync readv writev getsid fdatasync _sysctl mlock munlock mlockall " +
    "munlockall sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_yield sched_get_priority_max " +
    "sched_get_priority_min sched_rr_get_interval nanosleep mremap setresuid getresuid 168 poll nfsservctl setresgid getresgid prctl " +
    "rt_sigreturn rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend pread64 pwrite64 chown " +
    "getcwd capget capset sigaltstack sendfile 190 vfork ugetrlimit mmap2 truncate64 ftruncate64 stat64 lstat64 fstat64 lchown32 " +
    "getuid32 getgid32 geteuid32 getegid32 setreuid32 setregid32 getgroups32 setgroups32 fchown32 setresuid32 getresuid32 setresgid32 " +
    "getresgid32 chown32 setuid32 setgid32 setfsuid32 setfsgid32 getdents64 pivot_root mincore madvise fcntl64 224 gettid readahead " +
    "setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr " +
    "tkill sendfile64 futex sched_setaffinity sched_getaffinity io_setup io_destroy io_getevents io_submit io_cancel exit_group " +
    "lookup_dcookie epoll_create epoll_ctl epoll_wait remap_file_pages 256 set_tid_address timer_create timer_settime timer_gettime " +
    "timer_getoverrun timer_delete clock_settime clock_gettime clock_getres clock_nanosleep statfs64 fstatfs64 tgkill utimes " +
    "arm_fadvise64_64 pciconfig_iobase pciconfig_read pciconfig_write mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify " +
    "mq_getsetattr waitid socket bind connect listen accept getsockname getpeername socketpair send sendto recv recvfrom shutdown " +
    "setsockopt getsockopt sendmsg recvmsg semop semget semctl msgsnd msgrcv msgget msgctl shmat shmdt shmget shmctl add_key " +
    "request_key keyctl semtimedop vserver ioprio_set ioprio_get inotify_init inotify_add_watch inotify_rm_watch mbind get_mempolicy " +
    "set_mempolicy openat mkdirat mknodat fchownat futimesat fstatat64 unlinkat renameat linkat symlinkat readlinkat fchmodat " +
    "faccessat pselect6 ppoll unshare set_robust_list get_robust_list splice arm_sync_file_range tee vmsplice move_pages getcpu " +
    "epoll_pwait kexec_load utimensat signalfd timerfd_create eventfd fallocate timerfd_settime timerfd_gettime signalfd4 eventfd2 " +
    "epoll_create1 dup3 pipe2 inotify_init1 preadv pwritev rt_tgsigqueueinfo perf_event_open recvmmsg accept4 fanotify_init " +
    "fanotify_mark prlimit64 name_to_handle_at open_by_handle_at clock_adjtime syncfs sendmmsg setns process_vm_readv " +
    "process_vm_writev kcmp finit_module sched_setattr sched_getattr renameat2 seccomp getrandom memfd_create bpf execveat " +
    "userfaultfd membarrier mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect pkey_alloc pkey_free statx rseq io_pgetevents " +
    "migrate_pages kexec_file_load 403 clock_gettime64 clock_settime64 clock_adjtime64 clock_getres_time64 clock_nanosleep_time64 " +
    "timer_gettime64 timer_settime64 timerfd_gettime64 timerfd_settime64 utimensat_time64 pselect6_time64 ppoll_time64 416 " +
    "io_pgetevents_time64 recvmmsg_time64 mq_timedsend_time64 mq_timedreceive_time64 semtimedop_time64 rt_sigtimedwait_time64 " +
    "futex_time64 sched_rr_get_interval_time64 pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount " +
    "fsopen fsconfig fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 " +
    "mount_setattr quotactl_fd landlock_create_ruleset landlock_add_rule landlock_restrict_self 448 process_mrelease futex_waitv " +
    "set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount " +
    "lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat open_tree_attr 983041 " +
    "breakpoint cacheflush usr26 usr32 set_tls",
};
return { syscallTables };
})();
// src/linux/seccomp/tables.ts
const m75 = (() => {
const { architectures: architectures } = m62;
const { syscallTables: syscallTables } = m74;
                                                   
const x32Bit = 0x40000000;
function parseTable(text        )                              {
  const numbers = new Map                ();
  let next = 0;
  for (const word of text.split(" ")) {
    if (/^\d+$/u.test(word)) next = Number(word);
    else numbers.set(word, next++);
  }
  return numbers;
}
function architecture(name        )                           {
  if (!Object.hasOwn(architectures, name)) return undefined;
  const { token, table } = architectures[name                    ];
  return { token, numbers: parseTable(syscallTables[table]), x32: table === "x32" };
}
function nativeArchitecture(arch        )         {
  if (arch === "x64") return "SCMP_ARCH_X86_64";
  if (arch === "arm64") return "SCMP_ARCH_AARCH64";
  throw new Error(`seccomp: no table of system calls for the processor ${arch}`);
}
return { x32Bit, parseTable, architecture, nativeArchitecture };
})();
// src/linux/seccomp/filter.ts
const m76 = (() => {
const { readProfile: readProfile } = m63;
const { opcodes: opcodes } = m73;
const { ReverseProgram: ReverseProgram } = m73;
const { architecture: architecture } = m75;
const { nativeArchitecture: nativeArchitecture } = m75;
const { x32Bit: x32Bit } = m75;
const dataNumber = 0;
const dataArchitecture = 4;
const dataArgument = (index        , high         )         => 16 + index * 8 + (high ? 4 : 0);
const KILL_THREAD = 0;
const ENOSYS_ACTION = 0x00050000 | 38;
const lenient = new Set([0x7fff0000, 0x7ffc0000, ENOSYS_ACTION]);
function fate(rules                 , defaultAction        )                                             {
  const always = rules.find(({ comparisons }) => comparisons.length === 0);
  return always ? { action: always.action, rules: [] } : { action: defaultAction, rules };
}
function ranges({ rules, named, defaultAction }              , arch              )          {
  const numbered = (name        )                     => {
    const number = arch.numbers.get(name);
    return number === undefined ? undefined : arch.x32 ? number + x32Bit : number;
  };
  const byNumber = new Map                ();
  for (const rule of rules) {
    const number = numbered(rule.name);
    if (number !== undefined) byNumber.set(number, [...(byNumber.get(number) ?? []), rule]);
  }
  const result          = [{ start: arch.x32 ? x32Bit : 0, action: defaultAction, rules: [] }];
  const add = (range       )       => {
    const last = result.at(-1) ;
    if (last.start === range.start) result.pop();
    else if (last.action === range.action && last.rules.length === 0 && range.rules.length === 0) return;
    result.push(range);
  };
  for (const number of [...byNumber.keys()].toSorted((a, b) => a - b)) {
    add({ start: number, ...fate(byNumber.get(number) , defaultAction) });
    if (!byNumber.has(number + 1)) add({ start: number + 1, action: defaultAction, rules: [] });
  }
  const newest = Math.max(-1, ...named.map((name) => numbered(name) ?? -1));
  if (newest >= 0 && !lenient.has(defaultAction)) add({ start: newest + 1, action: ENOSYS_ACTION, rules: [] });
  return result;
}
function compare(program                , { index, op, value, valueTwo }            , yes       , no       )        {
  const wanted = op === "SCMP_CMP_MASKED_EQ" ? valueTwo : value;
  const [high, low] = [Number(wanted >> 32n), Number(wanted & 0xffffffffn)];
  const negated = op === "SCMP_CMP_NE" || op === "SCMP_CMP_LT" || op === "SCMP_CMP_LE";
  const [holds, fails] = negated ? [no, yes] : [yes, no];
  const code =
    op === "SCMP_CMP_GT" || op === "SCMP_CMP_LE"
      ? opcodes.jumpGreater
      : op === "SCMP_CMP_GE" || op === "SCMP_CMP_LT"
        ? opcodes.jumpGreaterEqual
        : opcodes.jumpEqual;
  const half = (isHigh         )        => {
    if (op === "SCMP_CMP_MASKED_EQ") program.and(Number(isHigh ? value >> 32n : value & 0xffffffffn));
    return program.load(dataArgument(index, isHigh));
  };
  program.branch(code, low, holds, fails);
  const lowStart = half(false);
  const equalHigh = program.branch(opcodes.jumpEqual, high, lowStart, fails);
  if (code !== opcodes.jumpEqual) program.branch(opcodes.jumpGreater, high, holds, equalHigh);
  return half(true);
}
function conditional(program                , { rules, action }       )        {
  let otherwise = program.return(action);
  for (const rule of rules.toReversed()) {
    let next = program.return(rule.action);
    for (const comparison of rule.comparisons.toReversed()) next = compare(program, comparison, next, otherwise);
    otherwise = next;
  }
  return otherwise;
}
function search(program                , list                  )        {
  if (list.length === 1) return list[0] .rules.length > 0 ? conditional(program, list[0] ) : program.return(list[0] .action);
  const middle = list.length >> 1;
  const above = search(program, list.slice(middle));
  const below = search(program, list.slice(0, middle));
  return program.branch(opcodes.jumpGreaterEqual, list[middle] .start, above, below);
}
function assembleFilter(profile                , arch        )                {
  const rules = readProfile(profile);
  const names = new Set([nativeArchitecture(arch), ...rules.architectures]);
  const byToken = new Map                 ();
  const known = [...names].map(architecture).filter((one) => one !== undefined);
  const tokenOfX86 = known.find(({ x32 }) => !x32) .token;
  for (const one of known.toSorted((a, b) => Number(a.x32) - Number(b.x32)))
    byToken.set(one.token, [...(byToken.get(one.token) ?? []), ...ranges(rules, one)]);
  if (arch === "x64" && !known.some(({ x32 }) => x32)) byToken.get(tokenOfX86) .push({ start: x32Bit, action: KILL_THREAD, rules: [] });
  const program = new ReverseProgram();
  let next = program.return(KILL_THREAD);
  for (const [token, list] of [...byToken].toReversed()) {
    program.continueAt(search(program, list));
    const start = program.load(dataNumber);
    next = program.branch(opcodes.jumpEqual, token, start, next);
  }
  program.continueAt(next);
  program.load(dataArchitecture);
  return { program: program.bytes(), flags: rules.flags };
}
return { assembleFilter };
})();
// src/runtime/features.ts
const m77 = (() => {
const { actionNames: actionNames } = m63;
const { architectureNames: architectureNames } = m62;
const { capabilityNames: capabilityNames } = m41;
const { flagNames: flagNames } = m63;
const { operatorNames: operatorNames } = m63;
const { hookPhases: hookPhases } = m13;
const { mountOptionNames: mountOptionNames } = m46;
const { specVersion: specVersion } = m23;
const { namespaceTypes: namespaceTypes } = m64;
function features()                          {
  return {
    ociVersionMin: "1.0.0",
    ociVersionMax: specVersion,
    hooks: hookPhases,
    mountOptions: mountOptionNames,
    linux: {
      namespaces: namespaceTypes.toSorted(),
      capabilities: capabilityNames,
      cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: true },
      seccomp: {
        enabled: true,
        actions: actionNames.toSorted(),
        operators: operatorNames.toSorted(),
        archs: architectureNames.toSorted(),
        knownFlags: flagNames.toSorted(),
        supportedFlags: flagNames.toSorted(),
      },
      apparmor: { enabled: true },
      selinux: { enabled: false },
      intelRdt: { enabled: false },
      mountExtensions: { idmap: { enabled: true } },
    },
    annotations: {},
    potentiallyUnsafeConfigAnnotations: [],
  };
}
return { features };
})();
Object.assign(known, { m73, m74, m75, m76, m77 });
return { "src/linux/seccomp/filter.ts": m76, "src/runtime/features.ts": m77 };
});
