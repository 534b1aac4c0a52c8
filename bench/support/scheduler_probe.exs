defmodule LibsqlBench.SchedulerProbe do
  @moduledoc false
  # What a load does to the rest of the VM: for how long each normal scheduler was not to be had, and how long
  # timers, files, sockets and code loading waited.
  #
  # A process of the highest priority on each scheduler wakes up every millisecond. What the scheduler's thread ran or slept
  # between two of its turns (native/bench/scheduler_sampler.c), less that millisecond, is how long it was held. What it
  # waited for a processor does not count, nor the time in which a processor stood still.

  @probes [:timer, :file, :connect, :code]

  @doc "Runs `load` and returns the longest times in milliseconds: %{held:, timer:, file:, connect:, code:}."
  def measure(dir, load) do
    sampler = start_sampler(dir)
    stop = :atomics.new(1, [])
    beats = for n <- 1..System.schedulers_online(), do: start_beat(n, stop)
    probes = for name <- @probes, do: {name, start_probe(name, dir, stop)}
    load.()
    :atomics.put(stop, 1, 1)
    gaps = Enum.flat_map(beats, &await/1)
    waits = Map.new(probes, fn {name, pid} -> {name, await(pid)} end)
    file = stop_sampler(sampler)
    held = fn -> longest_held(gaps, file) end |> Task.async() |> Task.await(:infinity)
    # The memory of that process goes back to the system before the next load is measured.
    Process.sleep(100)
    Map.put(waits, :held, held)
  end

  defp await(pid) do
    receive do
      {^pid, answer} -> answer
    end
  end

  # --- Schedulers ---

  defp start_beat(number, stop) do
    parent = self()

    :erlang.spawn_opt(
      fn -> send(parent, {self(), beat(number, stop, System.os_time(), [])}) end,
      [{:scheduler, number}, {:priority, :max}]
    )
  end

  # The gaps between two turns of more than 3 ms.
  defp beat(number, stop, last, gaps) do
    receive do
    after
      1 -> :ok
    end

    now = System.os_time()
    gaps = if now - last > 3_000_000, do: [{number, last, now} | gaps], else: gaps
    if :atomics.get(stop, 1) == 1, do: gaps, else: beat(number, stop, now, gaps)
  end

  defp longest_held(gaps, file) do
    {samples, stopped} = read_samples(file)
    gaps |> Enum.map(&held(&1, samples, stopped)) |> Enum.max(fn -> 0.0 end)
  end

  # From the last sample before the gap to the first one after it.
  defp held({number, from, to}, samples, stopped) do
    {before, rest} = samples |> Map.get(number, []) |> Enum.split_while(&(elem(&1, 0) < from))
    {inside, later} = Enum.split_while(rest, &(elem(&1, 0) <= to))
    gap = Enum.take(before, -1) ++ inside ++ Enum.take(later, 1)
    pairs = Enum.zip(gap, Enum.drop(gap, 1))
    spent = pairs |> Enum.map(fn {first, second} -> spent(first, second) end) |> Enum.sum()
    max(min(spent, to - from - overlap(stopped, from, to)) - 1_000_000, 0) / 1.0e6
  end

  # Asleep at both ends and not run in between: it slept.
  defp spent({from, state, ran}, {to, state, ran}) when state in ["S", "D"], do: to - from
  defp spent({_, _, before}, {_, _, ran}), do: ran - before

  # Two processors that stand still at once count once.
  defp overlap(stopped, from, to) do
    {sum, _} =
      for {start, finish} <- Enum.sort(stopped), start < to, finish > from, reduce: {0, from} do
        {sum, done} -> {sum + max(min(finish, to) - max(start, done), 0), max(done, finish)}
      end

    sum
  end

  defp start_sampler(dir) do
    program = System.fetch_env!("LIBSQL_BENCH_SAMPLER")
    file = Path.join(dir, "samples")
    {Port.open({:spawn_executable, program}, args: [System.pid(), file]), file}
  end

  # Closing its input ends it; the file is complete soon after.
  defp stop_sampler({port, file}) do
    Process.sleep(20)
    Port.close(port)
    Process.sleep(50)
    file
  end

  # The samples of each scheduler, and when a processor stood still.
  defp read_samples(file) do
    lines = file |> File.stream!() |> Enum.map(&String.split/1)

    samples =
      for ["scheduler", number, time, state, ran] <- lines,
          do: {integer(number), {integer(time), state, integer(ran)}}

    {Enum.group_by(samples, &elem(&1, 0), &elem(&1, 1)),
     for(["stopped", from, to] <- lines, do: {integer(from), integer(to)})}
  end

  defp integer(text), do: String.to_integer(text)

  # --- Others ---

  defp start_probe(name, dir, stop) do
    parent = self()
    work = work(name, dir)
    spawn_link(fn -> send(parent, {self(), probe(work, stop, 0.0)}) end)
  end

  defp probe(work, stop, longest) do
    {us, _} = :timer.tc(work)
    longest = max(longest, us / 1000)

    if :atomics.get(stop, 1) == 1 do
      longest
    else
      Process.sleep(2)
      probe(work, stop, longest)
    end
  end

  defp work(:timer, _dir), do: fn -> Process.sleep(1) end

  defp work(:file, dir) do
    path = Path.join(dir, "small.txt")
    File.write!(path, "text")
    fn -> File.read!(path) end
  end

  defp work(:connect, _dir) do
    {:ok, listener} = :gen_tcp.listen(0, [:binary, reuseaddr: true, backlog: 100])
    {:ok, port} = :inet.port(listener)
    spawn_link(fn -> accept(listener) end) |> then(&:gen_tcp.controlling_process(listener, &1))

    fn ->
      {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary])
      :gen_tcp.close(socket)
    end
  end

  defp work(:code, _dir) do
    {:module, module, binary, _} =
      Module.create(LibsqlBench.Loaded, quote(do: def(f, do: 1)), Macro.Env.location(__ENV__))

    fn ->
      :code.purge(module)
      {:module, _} = :code.load_binary(module, ~c"nofile", binary)
    end
  end

  defp accept(listener) do
    with {:ok, socket} <- :gen_tcp.accept(listener) do
      :gen_tcp.close(socket)
      accept(listener)
    end
  end
end
