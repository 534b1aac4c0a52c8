defmodule Mix.Tasks.Compile.LibsqlTest do
  # The Mix compiler that builds the native part, tools/mix_compile_libsql.exs.
  use EctoLibSql.DriverCase, async: true

  alias Mix.Tasks.Compile.Libsql

  setup do
    folder = temp_folder()
    build = Path.join(folder, "build/nif")
    File.mkdir_p!(build)
    %{folder: folder, build: build}
  end

  defp configured_for(build, home) do
    cache = """
    //Value Computed by CMake
    CMAKE_CACHEFILE_DIR:INTERNAL=#{home}/build/nif
    CMAKE_HOME_DIRECTORY:INTERNAL=#{home}
    """

    File.write!(Path.join(build, "CMakeCache.txt"), cache)
  end

  test "a build folder that was configured for another checkout is detected", %{
    folder: folder,
    build: build
  } do
    configured_for(build, "/home/somebody/ecto_libsql")
    assert Libsql.copied?(folder, build)
    configured_for(build, temp_folder())
    assert Libsql.copied?(folder, build)
  end

  test "the build folder of this checkout is kept, also through a symbolic link", %{
    folder: folder,
    build: build
  } do
    configured_for(build, folder)
    refute Libsql.copied?(folder, build)
    link = folder <> "-link"
    File.ln_s!(folder, link)
    on_exit(fn -> File.rm(link) end)
    refute Libsql.copied?(link, build)
  end

  test "a folder that CMake has not configured is kept", %{folder: folder, build: build} do
    refute Libsql.copied?(folder, build)
    File.write!(Path.join(build, "CMakeCache.txt"), "")
    refute Libsql.copied?(folder, build)
  end
end

defmodule Mix.Tasks.Compile.LibsqlOutputTest do
  # Not async: the shell of Mix is one for the whole VM.
  use ExUnit.Case, async: false

  test "nothing is printed where nothing is built" do
    shell = Mix.shell()
    on_exit(fn -> Mix.shell(shell) end)
    Mix.shell(Mix.Shell.Process)
    assert Mix.Tasks.Compile.Libsql.run([]) == {:noop, []}
    refute_received {:mix_shell, _kind, _text}
  end
end
