"""The web page on this machine: photos in, doubles out, for people who do not type commands.

    products   what can be had of a double: the one list
    folder     doubles and jobs on disk, found by id
    lock       one studio for each folder
    worker     the process that computes: one line of JSON in, lines of JSON out
    worker_tasks, stage_pictures, made_up
               what that does
    process    the same seen from the server: it is started, told, listened to and ended
    job_queue  one job at a time; cancelled, started again, remembered over restarts
    guard      who may talk to the server: this machine's user, from this page
    app        the routes
    server     an address on 127.0.0.1, and the browser
    page/      the page: HTML, CSS and ES modules, and three.js as it was built

The server imports nothing that computes: it starts at once, stays small, and outlives its worker.
"""
