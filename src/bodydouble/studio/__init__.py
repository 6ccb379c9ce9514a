"""The web page on this machine: photos in, doubles out, for people who do not type commands.

    products   what can be had of a double: the one list
    edits      what can be changed of one
    folder     doubles and jobs on disk, found by id
    worker     the process that computes: one line of JSON in, lines of JSON out
    worker_tasks, edit_tasks, keeping, people, stage_pictures, made_up
               what that does
    job_queue  one job at a time; cancelled, started again, remembered over restarts
    guard      who may talk to the server: this machine's user, from this page
    app        the routes
    server     an address on 127.0.0.1, and the browser
    page/      the page: HTML, CSS and ES modules, and three.js and three-vrm as they were built

The server imports nothing that computes: it starts at once, stays small, and outlives its worker.

What the page is made of, in `page/`:

    main, state, api, dom            which view is shown, what the server knows, asking it, elements
    home, camera, people, stages, pace
                                     photos come in, and are followed
    double_view                      one double: puts the following together
    viewer, avatar, motions          stage, model and clock
    walking, posing, reach, speech, visemes, face
                                     how it moves
    brush, uv_pass, repaint_card, wear_card, again_card
                                     how it is changed
    motion_bar, show_card, side_cards, files_card, wishes, report
                                     what is chosen, shown, downloaded and told
"""
