# ---
# jupyter:
#   course:
#     title: Start here
#     goal: find your way through the course, do an exercise, read its check, and get going again when something breaks
#     needs: []
#     know: a little Python
#     time: 20 min
#     runs: 10 s
#     memory: 530 MB
#     uses: [torch, jax]
# ---

# %% [markdown]
# **What you win.** In twenty minutes you have written your first energy, seen what a temperature makes of it, and know where this
# course leads and what to do when something breaks. To run a cell, click into it and press *Shift + Enter*; do so with each, from
# the top.

# %%
import numpy as np
import torch

from course_checks import check
from course_utils import energies, explorers, showcase

# %% [markdown]
# ## 1 · One formula and where it leads
#
# This course is about one formula,
#
# $$p(x) = \frac{e^{-E(x)/T}}{Z},$$
#
# which turns an **energy** $E$ into a **probability** $p$ at a **temperature** $T$. It was found for gases in the nineteenth
# century. Today it describes magnets, it is what an energy-based model learns, and it is what thermodynamic hardware draws
# from. The number $Z$ that makes the total one is out of reach for all but the smallest systems, and almost every idea in
# this course is a way around it.
#
# Below are **spins**, numbers at the places of a square lattice, shown as colours, under three different energies, as $p$ draws
# them. From top to bottom it gets hotter. Before you read on: in which row would you say that the order is lost?

# %%
showcase.plate_made()

# %% [markdown]
# *Picture: three columns of lattices, cold on top, hot at the bottom, and below each column a curve of what is left of the order
# against temperature; a line ties each lattice to its point. Ising, two colours: nearly all spins equal, then patches of all sizes,
# then small ones; the points follow the exact curve to zero at $T_c$, but for a tail. Potts, three colours: the same, more steeply.
# XY, where a colour is a direction: broad clouds of similar colours in the cold, finer ones of all colours with the heat. In
# enlarged squares white and black discs, vortices and antivortices: one close pair in the cold, a few at the transition, many above.*
#
# It is lost at the temperature of the middle row, $T_c$ (for XY, $T_{KT}$). Each lattice has 512 × 512 spins. You write the programs
# that draw them, **samplers**, yourself in lessons 07 to 09, and learn to tell equilibrium from a run that was too short: here,
# random and aligned starts led to the same averages. In a terminal in the folder of the course,
# `.venv/bin/python -m course_utils.showcase` makes the picture anew, with more, in about five minutes.
#
# Here is the way there:

# %% template="map"

# %% [markdown]
# *Picture: boxes for the lessons from left to right, joined by arrows. A single line from 00 Start here to 02; from there arrows to 13
# and to 03 Langevin sampling, and on from 03 to 04, 05 and 07. From 05 an arrow leads to 06, from 07 to 08, 09, 12 and 14; 05 and 07 meet
# in 10, and 11 follows it.*
#
# - **Energy and probability** (01, 02): no sampling yet; everything is exact.
# - **Sampling and learning** (03 to 06): with PyTorch. Energies you can differentiate, and networks trained on data.
# - **Spins** (07 to 09): with JAX and THRML. Energies on lattices, sampled in blocks as thermodynamic hardware does it.
# - **Both together** (10, 11): Boltzmann machines that learn digits and complete them, and chains of machines, each of which undoes a
#   little noise, with what they cost in joules.
# - **Further out** (12 to 14): one lattice on many devices; transitions and scaling laws of learning, information in bits and joules;
#   and the fractals on which the zeros of partition functions lie.
#
# Each lesson from 01 on has a **core** of an hour at most, and a **depth** part after it for those who want more. The cores alone
# make a whole course: none of them needs a depth part. Box by box, the map gives the time of both.
#
# The second half in a picture:

# %%
showcase.plate_made("learning")

# %% [markdown]
# *Picture: three columns, each with a picture above a curve. Left: a smiling face in noise, four times; nothing is seen of it at λ = 0.7,
# a trace at 1.2, nearly all at 3; below, the overlap is zero up to λ = 1 and then follows the exact curve. Middle: eight digits, their
# upper half, five completions of it by a machine, and their exact mean; below, the machine's likelihood rises with training to that of
# thirty templates. Right: blue and orange regions of the complex plane with a fractal border, on which white dots, the zeros of a
# partition function, lie; below, the nearest zero comes closer to the transition in each generation.*
#
# You need NumPy-style arrays and some calculus. Where physics is needed, it is explained.

# %% [markdown]
# ## 2 · How an exercise works
#
# An exercise is a box like the one below, a cell with a function for you to complete, and a **check**, folded to one line, that
# calls *your* function. Try it in this order:
#
# 1. Run the two cells as they are. The check says `○`: *not done yet*.
# 2. Replace the line `raise NotImplementedError(...)` by `return stiffness * x**2`. Run both cells. What does the check say now?
# 3. Put it right. The check says `✓` and how many comparisons passed.
#
# If you are stuck for longer than the box says, open the hint, then the solution, and move on: the course carries its own tested
# version of everything, and *Run All* goes on past what is not done.
#
# ### Exercise 0.1 · The energy of a spring
# *Difficulty ●○○ · five minutes · why: to meet the checks while the problem is easy.*
#
# A spring that is pulled out by $x$ stores the energy $E = \tfrac12 k x^2$, where $k$ is its stiffness.


# %% todo="0.1" task="return the energy of the spring"
def spring_energy(x, stiffness: float):
    """Energy of a spring.

    Args:
        x: displacement, a number or an array.
        stiffness: k > 0.

    Returns:
        E = k x² / 2, of the same shape as x.
    """
    ### BEGIN SOLUTION
    return 0.5 * stiffness * x**2
    ### END SOLUTION


# %% check="0.1" points=1
from course_checks import check, exercises

with check.exercise("0.1", "spring_energy"):
    answer = exercises.start.spring_energy.by(spring_energy)
    answer.on("x = 2, k = 3", 2.0, 3.0, expect=6.0)
    answer.on("x = (-1, 0, 0.5), k = 4", np.array([-1.0, 0.0, 0.5]), 4.0, expect=[2.0, 0.0, 0.5])
    answer.on("a torch tensor, k = 1", torch.tensor([-3.0, 3.0]), 1.0, expect=[4.5, 4.5])
    answer.fresh(4, "another spring")

# %% [markdown] hint="0.1"
# In Python a square is written `x**2`. It works for numbers, NumPy arrays and torch tensors alike.

# %% [markdown]
# Now see what your function does. Move the temperature: where is the spring found, and how does that
# change when it is shaken harder? As long as Exercise 0.1 is not done, the course's spring stands in, and a line says so.

# %%
spring = check.yours("0.1", spring_energy, lambda x, stiffness: energies.Quadratic(stiffness)(x))
explorers.boltzmann(lambda x: spring(x, 2.0))

# %% [markdown]
# The hotter, the wider the density around $x = 0$. Lesson 01 explains the entropy and the free energy under the picture.
#
# Checks take NumPy arrays, torch tensors and plain numbers, and any style that gets the right numbers. The last code cell of each
# lesson prints which exercises have passed. Some questions have no check: think first, then open the answer.

# %% [markdown] think="0a"
# **Think.** A check that only looks whether a function *exists* would be easy to write. Why would you not want it?
# <!-- ANSWER -->
# It would pass on the empty stub. A check is worth something only if it can fail: each check in this course has been run
# against the empty answer and a dozen wrong ones or more, most of them made by a machine, and rejected them all.

# %% [markdown]
# ## 3 · What your machine can do
#
# The first cell of every lesson prints where it runs. Two CPU cores are enough; a GPU is used where there is one, with the same
# code.

# %%
print(machine)

# %% [markdown] think="0b"
# **Think.** A small magnet of 16 × 16 spins has $2^{256}$ states. If your machine could look at a billion states a second, how long
# would it take to add up $Z$?
# <!-- ANSWER -->
# $2^{256} \approx 10^{77}$, a billion a second is $3 \cdot 10^{16}$ a year: about $4 \cdot 10^{60}$ years. The universe is
# $1.4 \cdot 10^{10}$ years old. A faster machine does not help, and lesson 02 shows what does.

# %% [markdown]
# ## 4 · When something breaks
#
# | what you see | what it is | what to do |
# | --- | --- | --- |
# | a red error with your line in it | your code, or a cell above that was not run | read the *last* line first; run the cells above in order |
# | `NotImplementedError: Exercise … is yours` | a stub was called | fill it in, run its cell again |
# | `[*]` beside a cell for long | it is still running; long work shows a bar | wait, or press the stop button: nothing you wrote is lost |
# | everything stopped, numbers start at `[1]` again | the **kernel died**, mostly out of memory | *Kernel → Restart Kernel and Run up to Selected Cell* |
# | "dead kernel" again at the same cell | that cell needs more memory than there is | close other notebooks (*Running* tab, left); on Binder keep one open |
# | results that contradict the text | cells were run out of order | *Kernel → Restart Kernel and Run All Cells* |
# | Colab says "runtime disconnected" | the machine was taken back after a while without use | *Runtime → Run all*; your notebook is kept if you saved a copy |
# | Binder shows "404" or "not available" | the machine was stopped after ten minutes without use | start again from the link; download your notebook (*File*) before a break |
#
# **What a kernel is.** The page in your browser holds the text. A separate program, the kernel, holds the variables. If the
# kernel dies, the variables are gone and the text stays: run the cells again, which takes minutes.
#
# **Where your work is.** If you started with `python3 course.py lab`, this file is a copy of your own in the folder `work`, and
# nothing the course does overwrites what you write in it. To start a lesson afresh, rename or delete your copy and start `lab`
# again. On Colab choose *File → Save a copy in Drive* first. On Binder nothing is kept: download the file.
#
# **How to get the newest version.** Save your lessons, then run `python3 course.py update` in a terminal, in the folder of the
# course. Your answers, the cells you added and the text you changed stay; everything else becomes the newest. What was there
# before is in `work/backups`, and each thing that was not applied is named. If a lesson is open here, choose *File → Reload
# Notebook from Disk* afterwards. On Colab and Binder the links always open the newest version.

# %% [markdown]
# ## 5 · Where to get help
#
# 1. **The hint, then the solution**, folded below each check.
# 2. **The solved copy** of each lesson, with every figure: the folder `solutions` beside this file.
# 3. **The function itself**: run `?check.close` in a cell of its own to read what it does, and `??check.close` for its code.
# 4. **Other people**: [the course's page]({repository}/issues). Say which lesson and cell, paste the whole error and the lines
#    that the first cell printed. That is what the person who answers will ask for.
#
# If a sentence or a number in this course is wrong, say so in the same place. You will have found something that all the tests
# missed.

# %% [markdown]
# **What you made.** An energy, and with a temperature it became a distribution. That is the whole course in one line.
#
# - $p = e^{-E/T}/Z$, and almost everything here is a way around $Z$.
# - `○` not done, `✗` wrong with a cause, `✓` passed.
# - The kernel holds the variables, the page holds your text. Restart and run again: it costs minutes, not work.
