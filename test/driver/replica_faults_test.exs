defmodule EctoLibSql.ReplicaFaultsTest do
  # What happens around a replica's file: processes are killed, connections are cut, two processes share it, files go
  # missing. The primary is sqld where LIBSQL_SQLD names its program, else the development server.
  use EctoLibSql.DriverCase, async: true

  alias EctoLibSql.{CuttingProxy, OtherVM, Primary, ReplicaWorkload}

  # How often a process is killed; ECTO_LIBSQL_KILLS sets it.
  @kills String.to_integer(System.get_env("ECTO_LIBSQL_KILLS") || "50")

  # Synchronises until it is killed, and writes the number of the transaction that it reads after each sync.
  @syncing """
  [path, url] = System.argv()
  {:ok, _} = Application.ensure_all_started(:ecto_libsql)
  IO.puts("ready")
  {:ok, state} = EctoLibSql.connect(database: path, uri: url, mode: :remote_replica, sync: false)

  Stream.repeatedly(fn ->
    with {:ok, _} <- EctoLibSql.Native.sync(state),
         {:ok, _, result, _} <- EctoLibSql.handle_execute("SELECT n FROM last", [], [], state) do
      [[n]] = result.rows
      IO.puts(n)
    else
      error -> IO.puts(inspect(error))
    end
  end)
  |> Stream.run()
  """

  setup_all do
    Primary.compile!()
    :ok
  end

  setup do: Primary.start_in_folder()

  setup %{primary: primary} do
    ReplicaWorkload.create!(primary)
    :ok
  end

  defp replica(path, url), do: Primary.replica(path, url, sync: false)
  defp replica!(path, url), do: Primary.replica!(path, url, sync: false)

  # The connection that is kept open to a server that was killed breaks first.
  defp connected!(url) do
    eventually(fn -> with({:error, _} <- EctoLibSql.connect(uri: url), do: nil) end) |> elem(1)
  end

  defp remove_replica(path), do: Enum.each(Path.wildcard(path <> "*"), &File.rm!/1)

  # The replica has all of the primary, byte for byte.
  defp assert_same(path, url, folder) do
    state = replica!(path, url)
    {:ok, _} = Native.sync(state)
    EctoLibSql.disconnect([], state)
    assert ReplicaWorkload.digest(path) == ReplicaWorkload.digest(Primary.copy(folder))
  end

  # Kills it after some syncs and some milliseconds; the number that it told last, or nil.
  defp kill_syncing(vm) do
    told = for _ <- 1..Enum.random(1..20), Enum.random(1..10) > 1, do: OtherVM.answer(vm)
    Process.sleep(Enum.random(0..10))
    numbers = Enum.map(told ++ OtherVM.kill(vm), &String.to_integer/1)
    assert numbers == Enum.sort(numbers)
    List.last(numbers)
  end

  @tag :slow
  @tag timeout: :infinity
  test "kill -9 of a process that syncs leaves one state of the primary's, and the next goes on",
       %{
         folder: folder,
         url: url,
         path: path
       } do
    writer = ReplicaWorkload.start_writer(url, 1)

    Enum.reduce(1..@kills, 0, fn round, seen ->
      # A quarter of the rounds hits a first copy.
      first? = rem(round, 4) == 0
      if first?, do: remove_replica(path)
      told = kill_syncing(OtherVM.start_program(@syncing, [path, url]))
      found = ReplicaWorkload.number(path)
      assert found >= (told || 0), "round #{round}"
      unless first?, do: assert(found >= seen, "round #{round}")
      found || 0
    end)

    last = ReplicaWorkload.stop_writer(writer)
    assert_same(path, url, folder)
    assert ReplicaWorkload.number(path) == last
  end

  test "two processes sync one file, one of them is killed, and a third takes its place", %{
    folder: folder,
    url: url,
    path: path
  } do
    writer = ReplicaWorkload.start_writer(url, 1)
    vms = for _ <- 1..2, do: OtherVM.start_program(@syncing, [path, url])
    [one, two] = vms
    numbers = fn vm -> for _ <- 1..50, do: String.to_integer(OtherVM.answer(vm)) end
    for vm <- vms, told = numbers.(vm), do: assert(told == Enum.sort(told))
    OtherVM.kill(one)
    three = OtherVM.start_program(@syncing, [path, url])
    for vm <- [two, three], told = numbers.(vm), do: assert(told == Enum.sort(told))
    last = ReplicaWorkload.stop_writer(writer)
    eventually(fn -> ReplicaWorkload.number(path) == last end)
    Enum.each([two, three], &OtherVM.kill/1)
    assert_same(path, url, folder)
  end

  # After each write a sync that is cut after more bytes than the last, and one that is not cut.
  defp cut_syncs(state, primary, path, left) do
    outcomes =
      for {bytes, n} <- Enum.with_index(1..30_000//601, 1) do
        ReplicaWorkload.write!(primary, n)
        CuttingProxy.set(left, bytes)
        {outcome, _} = Native.sync(state)
        found = ReplicaWorkload.number(path)
        if outcome == :ok, do: assert(found == n), else: assert(found in [n - 1, n])
        CuttingProxy.set(left, :endless)
        assert {:ok, _} = Native.sync(state)
        assert ReplicaWorkload.number(path) == n
        outcome
      end

    assert :ok in outcomes and :error in outcomes
  end

  defp cut_first_copies(path, url, left) do
    for bytes <- 1..100_000//9_973 do
      CuttingProxy.set(left, bytes)
      assert {:error, %Error{}} = replica(path, url)
      refute File.exists?(path)
    end

    CuttingProxy.set(left, :endless)
  end

  test "a sync that is cut after any number of bytes leaves the old state or the new one", %{
    folder: folder,
    port: port,
    url: url,
    primary: primary
  } do
    {own, left} = CuttingProxy.start(port)
    path = Path.join(folder, "cut.db")
    through = "http://127.0.0.1:#{own}"
    state = replica!(path, through)
    cut_syncs(state, primary, path, left)
    EctoLibSql.disconnect([], state)
    assert_same(path, through, folder)
    assert {:error, _} = replica(path, url), "the file is the proxy's replica"
  end

  test "a first copy that is cut leaves no file, and the next attempt makes it", %{
    folder: folder,
    port: port,
    primary: primary
  } do
    for n <- 1..30, do: ReplicaWorkload.write!(primary, n)
    {own, left} = CuttingProxy.start(port)
    path = Path.join(folder, "cut.db")
    cut_first_copies(path, "http://127.0.0.1:#{own}", left)
    assert_same(path, "http://127.0.0.1:#{own}", folder)
    assert ReplicaWorkload.number(path) == 30
  end

  # sqld's own protocol is the one above; the development server has the others, too.
  for {protocol, arguments, hidden} <- [
        {"generations", ["--generations"], nil},
        {"updates", [], "/wal_log."}
      ] do
    test "the same holds for a replica that pulls by #{protocol}", %{folder: folder} do
      folder = Path.join(folder, unquote(protocol))
      File.mkdir_p!(folder)
      port = Primary.free_port()
      url = Primary.start_development_server!(folder, port, unquote(arguments))
      {:ok, primary} = EctoLibSql.connect(uri: url)
      ReplicaWorkload.create!(primary)
      {own, left} = CuttingProxy.start(port, unquote(hidden))
      through = "http://127.0.0.1:#{own}"
      path = Path.join(folder, "cut.db")
      state = replica!(path, through)
      cut_syncs(state, primary, path, left)
      assert {:ok, %{replica: %{protocol: unquote(protocol)}}} = EctoLibSql.stats(state)
      EctoLibSql.disconnect([], state)
      first = Path.join(folder, "first.db")
      cut_first_copies(first, through, left)
      EctoLibSql.disconnect([], replica!(first, through))
      digest = ReplicaWorkload.digest(Primary.copy_of_development_server(folder))
      for copy <- [path, first], do: assert(ReplicaWorkload.digest(copy) == digest)
    end
  end

  test "a position without its database is not believed, a database without its position is not touched",
       %{url: url, path: path, primary: primary} do
    ReplicaWorkload.write!(primary, 1)
    EctoLibSql.disconnect([], replica!(path, url))
    for ending <- ["", "-wal", "-shm"], do: File.rm(path <> ending)
    EctoLibSql.disconnect([], replica!(path, url))
    assert ReplicaWorkload.number(path) == 1

    File.rm!(path <> "-replica")
    content = File.read!(path)
    assert {:error, %Error{kind: :cannot_open, message: message}} = replica(path, url)
    assert message =~ "delete it, or replicate into another file"
    assert File.read!(path) == content
  end

  test "a primary that loses its log while a replica syncs costs no row, and no state goes back",
       %{
         folder: folder,
         port: port,
         os_pid: os_pid,
         url: url,
         path: path
       } do
    EctoLibSql.disconnect([], replica!(path, url))
    vm = OtherVM.start_program(@syncing, [path, url])
    assert OtherVM.answer(vm) == "0"

    {last, _} =
      Enum.reduce(1..3, {0, os_pid}, fn _round, {last, os_pid} ->
        primary = connected!(url)
        for n <- (last + 1)..(last + 20), do: ReplicaWorkload.write!(primary, n)
        Primary.kill!(os_pid)
        Primary.lose_log!(folder)
        {^url, os_pid} = Primary.start_on!(folder, port)
        {last + 20, os_pid}
      end)

    # Between them are the errors of syncs that found no server.
    lines = lines_until(vm, to_string(last), [])
    numbers = for line <- lines, {n, ""} <- [Integer.parse(line)], do: n
    assert numbers == Enum.sort(numbers)
    OtherVM.kill(vm)
    assert_same(path, url, folder)
  end

  defp lines_until(vm, last, lines) do
    case OtherVM.answer(vm) do
      ^last -> Enum.reverse([last | lines])
      line -> lines_until(vm, last, [line | lines])
    end
  end
end
