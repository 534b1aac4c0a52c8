defmodule Mix.Tasks.Compile.Libsql do
  @moduledoc """
  Builds the native part with CMake and puts `libsql_nif.so` into `priv/`.

  mix.exs loads this file, because a compiler must exist before anything is compiled, also when
  ecto_libsql is a dependency. Ninja decides what is out of date; when nothing is, a run takes some
  tens of milliseconds.

    * `LIBSQL_CMAKE_PRESET` - the configure preset of CMakePresets.json, `nif` unless given.
    * `LIBSQL_CMAKE_ARGS` - further arguments for the configure step, e.g.
      `-DLIBSQL_SQLITE_AMALGAMATION=/path/to/sqlite-amalgamation`.
  """

  use Mix.Task.Compiler

  @packages "cmake ninja-build g++ libsqlite3-dev libssl-dev libsimdjson-dev libprotozero-dev libboost-dev libhwy-dev erlang-dev"
  @library "libsql_nif.so"

  @impl Mix.Task.Compiler
  def run(_args) do
    if first?(), do: Mix.shell().info("ecto_libsql: #{Mix.Project.config()[:libsql_build]}")
    {root, build, preset, arguments} = folders(File.cwd!())

    with :ok <- tools_present(),
         :ok <- configure(root, build, preset, arguments),
         :ok <- build(build, "libsql_nif") do
      install(build, Path.join(root, "priv"))
    else
      {:error, text} -> {:error, [diagnostic(root, text)]}
    end
  end

  @doc """
  Builds `libsql-dev-server`, if that is needed, in the build folder of the NIF, and returns its path. One process of this VM
  builds at a time.
  """
  @spec server() :: {:ok, Path.t()} | {:error, String.t()}
  def server, do: :global.trans({__MODULE__, self()}, &build_server/0, [node()])

  defp build_server do
    {root, build, preset, arguments} = folders(root())

    with :ok <- tools_present(),
         :ok <- configure(root, build, preset, arguments),
         :ok <- server_offered(build),
         :ok <- build(build, "libsql-dev-server") do
      {:ok, Path.join(build, "native/server/libsql-dev-server")}
    end
  end

  @impl Mix.Task.Compiler
  def clean do
    for file <- [@library | Path.wildcard("priv/*.so.*")],
        do: File.rm(Path.join("priv", Path.basename(file)))

    File.rm_rf(Path.join("build", "nif"))
    :ok
  end

  # Mix runs the compilers of a path dependency with every command of an application, and prints the dependency's name
  # above the first line that they print.
  defp first? do
    not File.regular?(Path.join(Mix.Project.manifest_path(), "compile.elixir"))
  end

  # Of ecto_libsql, be it this project or a dependency of it.
  defp root, do: Path.dirname(__DIR__)

  defp folders(root) do
    preset = env("LIBSQL_CMAKE_PRESET", "nif")
    arguments = OptionParser.split(env("LIBSQL_CMAKE_ARGS", ""))
    {root, Path.join([root, "build", build_name(preset, arguments)]), preset, arguments}
  end

  # CMake offers the server where it has found what it needs.
  defp server_offered(build) do
    case System.cmd("cmake", ["--build", build, "--target", "help"], stderr_to_stdout: true) do
      {targets, 0} ->
        if targets =~ "libsql-dev-server",
          do: :ok,
          else:
            {:error,
             "libsql-dev-server needs CLI11 (on Debian and Ubuntu: apt-get install libcli11-dev); remove #{build} afterwards"}

      {output, _status} ->
        {:error, output}
    end
  end

  defp env(name, default) do
    case System.get_env(name) do
      value when value in [nil, ""] -> default
      value -> value
    end
  end

  # Each set of arguments has a build folder of its own, so that switching needs no rebuild.
  defp build_name(preset, []), do: preset
  defp build_name(preset, arguments), do: "#{preset}-#{:erlang.phash2(arguments)}"

  defp tools_present do
    missing =
      for {tool, present?} <- [
            {"cmake", System.find_executable("cmake")},
            {"ninja", System.find_executable("ninja")},
            {"a C++ compiler", compiler()},
            {"erl_nif.h", File.regular?(Path.join(erl_include(), "erl_nif.h"))}
          ],
          !present?,
          do: tool

    if missing == [] do
      :ok
    else
      {:error,
       "ecto_libsql: cannot build the native part, missing: #{Enum.join(missing, ", ")}. " <>
         "On Debian and Ubuntu: apt-get install #{@packages}"}
    end
  end

  defp compiler do
    Enum.find(
      [System.get_env("CXX"), "c++", "g++", "clang++"],
      &(&1 && System.find_executable(hd(String.split(&1) ++ [""])))
    )
  end

  defp erl_include do
    versioned = "erts-#{:erlang.system_info(:version)}"
    root = List.to_string(:code.root_dir())
    found = [[root, versioned, "include"], [root, "usr", "include"]] |> Enum.map(&Path.join/1)
    Enum.find(found, hd(found), &File.regular?(Path.join(&1, "erl_nif.h")))
  end

  defp configure(root, build, preset, arguments) do
    if copied?(root, build), do: File.rm_rf!(build)

    if configured?(build) do
      :ok
    else
      settings = ["-DLIBSQL_NIF=ON", "-DLIBSQL_ERL_INCLUDE=#{erl_include()}" | arguments]

      cmake(
        ["--preset", preset, "-S", root, "-B", build | settings],
        "CMake could not configure #{build}. It needs the packages: #{@packages}"
      )
    end
  end

  @doc """
  Whether the folder of the build was configured for another checkout, of which this one is a copy. CMake refuses it, as
  it has the paths of the other one.
  """
  @spec copied?(Path.t(), Path.t()) :: boolean()
  def copied?(root, build) do
    with {:ok, cache} <- File.read(Path.join(build, "CMakeCache.txt")),
         [_, home] <- Regex.run(~r/^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m, cache) do
      not same_folder?(home, root)
    else
      _none -> false
    end
  end

  # A folder may have several paths, through links.
  defp same_folder?(one, other) do
    case {File.stat(one), File.stat(other)} do
      {{:ok, first}, {:ok, second}} ->
        {first.major_device, first.inode} == {second.major_device, second.inode}

      _ ->
        false
    end
  end

  defp configured?(build) do
    File.regular?(Path.join(build, "build.ninja")) and
      File.regular?(Path.join(build, "CMakeCache.txt"))
  end

  defp build(build, target) do
    cmake(
      ["--build", build, "--target", target, "--parallel", "#{System.schedulers_online()}"],
      "the native part does not compile (folder #{build})"
    )
  end

  # Prints the output of a command only if it built something or failed.
  defp cmake(arguments, complaint) do
    {output, status} = System.cmd("cmake", arguments, stderr_to_stdout: true)

    cond do
      status != 0 ->
        Mix.shell().error(output)
        {:error, "ecto_libsql: #{complaint}"}

      output =~ "no work to do" ->
        :ok

      true ->
        Mix.shell().info(String.trim_trailing(output))
    end
  end

  # The shared libraries that CMake has put beside the NIF go with it: it looks for them in its own folder.
  defp install(build, priv) do
    case Path.wildcard(Path.join(build, "**/#{@library}")) do
      [built | _] ->
        target = Path.join(priv, @library)
        stamp = File.stat!(built, time: :posix)
        changed? = not same?(stamp, File.stat(target, time: :posix))

        if changed? do
          File.mkdir_p!(priv)

          for beside <- Path.wildcard(Path.join(Path.dirname(built), "*.so.*")),
              do: replace(beside, priv)

          replace(built, priv)
        end

        Mix.Project.build_structure()
        {if(changed?, do: :ok, else: :noop), []}

      [] ->
        {:error, [diagnostic(build, "ecto_libsql: CMake built no #{@library} in #{build}")]}
    end
  end

  # Renames a copy over the file, so that a running VM keeps the one that it has loaded.
  defp replace(built, priv) do
    target = Path.join(priv, Path.basename(built))
    temporary = "#{target}.#{System.pid()}"
    File.cp!(built, temporary)
    File.touch!(temporary, File.stat!(built, time: :posix).mtime)
    File.rename!(temporary, target)
  end

  defp same?(built, {:ok, there}), do: {built.size, built.mtime} == {there.size, there.mtime}
  defp same?(_built, _missing), do: false

  defp diagnostic(path, text) do
    Mix.shell().error(text)

    %Mix.Task.Compiler.Diagnostic{
      compiler_name: "libsql",
      file: path,
      position: 0,
      message: text,
      severity: :error
    }
  end
end
